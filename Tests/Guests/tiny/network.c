/*
 * Legacy virtio-mmio (version 1 of the register layout), which is what QEMU's microvm offers by default; the
 * registers and the ring are those of "Virtual I/O Device (VIRTIO) Version 1.1", 4.2.4 and 2.6.2.
 */
#include "network.h"
#include "machine.h"

/* microvm's transports: as many slots as the machine has, each empty one reads as device 0 (hw/i386/microvm.c). */
enum { transport_base = 0xfeb00000, transport_stride = 0x200, transport_count = 24 };

enum {
    reg_magic = 0x000,
    reg_version = 0x004,
    reg_device = 0x008,
    reg_guest_features = 0x020,
    reg_guest_features_select = 0x024,
    reg_guest_page_size = 0x028,
    reg_queue_select = 0x030,
    reg_queue_size = 0x038,
    reg_queue_align = 0x03c,
    reg_queue_page = 0x040,
    reg_queue_notify = 0x050,
    reg_status = 0x070,
    reg_config = 0x100, /* a network device's begins with its MAC address */
};

enum {
    magic = 0x74726976, /* "virt" */
    legacy_version = 1,
    network_device = 1,
    feature_mac = 1 << 5,
    status_acknowledge = 1,
    status_driver = 2,
    status_driver_ok = 4,
};

enum { receive_queue = 0, send_queue = 1, queue_size = 16, page = 4096, descriptor_device_writes = 2 };

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

struct used_element {
    uint32_t descriptor;
    uint32_t length;
};

/* One queue in the legacy layout: the part that the device writes starts on a page of its own. */
struct queue {
    struct descriptor descriptors[queue_size];
    struct {
        uint16_t flags;
        uint16_t index;
        uint16_t ring[queue_size];
    } available;
    struct {
        uint16_t flags;
        uint16_t index;
        struct used_element ring[queue_size];
    } used __attribute__((aligned(page)));
} __attribute__((aligned(page)));

/* Each frame is preceded by a struct virtio_net_hdr without num_buffers: all zero where nothing was negotiated. */
enum { header_size = 10 };

struct buffer {
    uint8_t header[header_size];
    uint8_t frame[network_frame_limit];
};

static volatile struct queue receiving, sending;
static struct buffer received[queue_size], to_send;
static uint32_t device;
static uint16_t taken; /* how many used elements of `receiving` were handled */

static uint32_t find_device(void)
{
    for (uint32_t slot = 0; slot < transport_count; slot++) {
        uint32_t base = transport_base + slot * transport_stride;
        if (read32(base + reg_magic) == magic && read32(base + reg_version) == legacy_version
            && read32(base + reg_device) == network_device)
            return base;
    }
    return 0;
}

static void set_up_queue(uint32_t number, volatile struct queue *queue)
{
    write32(device + reg_queue_select, number);
    write32(device + reg_queue_size, queue_size);
    write32(device + reg_queue_align, page);
    write32(device + reg_queue_page, (uint32_t)queue / page);
}

static void offer(volatile struct queue *queue, uint32_t number, uint16_t descriptor)
{
    queue->available.ring[queue->available.index % queue_size] = descriptor;
    store_barrier();
    queue->available.index++;
    store_barrier();
    write32(device + reg_queue_notify, number);
}

bool network_start(uint8_t mac[6])
{
    device = find_device();
    if (!device)
        return false;

    write32(device + reg_status, 0);
    write32(device + reg_status, status_acknowledge | status_driver);
    write32(device + reg_guest_page_size, page);
    write32(device + reg_guest_features_select, 0);
    write32(device + reg_guest_features, feature_mac);
    for (uint32_t i = 0; i < 6; i++)
        mac[i] = read8(device + reg_config + i);
    set_up_queue(receive_queue, &receiving);
    set_up_queue(send_queue, &sending);
    write32(device + reg_status, status_acknowledge | status_driver | status_driver_ok);

    for (uint16_t i = 0; i < queue_size; i++) {
        receiving.descriptors[i].address = (uint32_t)&received[i];
        receiving.descriptors[i].length = sizeof(struct buffer);
        receiving.descriptors[i].flags = descriptor_device_writes;
        offer(&receiving, receive_queue, i);
    }
    sending.descriptors[0].address = (uint32_t)&to_send;
    return true;
}

const uint8_t *network_receive(uint32_t *length)
{
    if (taken == receiving.used.index)
        return 0;
    volatile struct used_element *element = &receiving.used.ring[taken % queue_size];
    *length = element->length > header_size ? element->length - header_size : 0;
    return received[element->descriptor].frame;
}

void network_release(void)
{
    uint16_t descriptor = (uint16_t)receiving.used.ring[taken % queue_size].descriptor;
    taken++;
    offer(&receiving, receive_queue, descriptor);
}

uint8_t *network_buffer(void)
{
    return to_send.frame;
}

void network_send(uint32_t length)
{
    enum { shortest_frame = 60 };
    for (; length < shortest_frame; length++)
        to_send.frame[length] = 0;
    sending.descriptors[0].length = header_size + length;
    offer(&sending, send_queue, 0);
    /* There is one buffer: wait until the device is done with it. */
    while (sending.used.index != sending.available.index)
        store_barrier();
}
