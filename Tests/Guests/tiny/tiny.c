/*
 * A guest that is one 64 KiB firmware image: no operating system, 16-bit start and 32-bit code, so that it also runs
 * under a KVM that executes neither 64-bit mode nor a stock kernel. It answers ARP and ping, echoes its serial
 * console, powers off on `q` and on the ACPI power button, and resets on `r`.
 *
 * Its address is 10.77.X.Y, where X and Y are the last two bytes of its MAC address.
 */
#include "machine.h"
#include "network.h"

enum { mac_size = 6, ip_size = 4 };

static uint8_t own_mac[mac_size];
static uint8_t own_ip[ip_size];

/* Offsets in an Ethernet frame; those from 14 on are of its ARP or IPv4 payload. */
enum {
    ether_to = 0,
    ether_from = 6,
    ether_type = 12,
    ether_payload = 14,

    arp_operation = 20,
    arp_sender_mac = 22,
    arp_sender_ip = 28,
    arp_target_mac = 32,
    arp_target_ip = 38,
    arp_end = 42,

    ip_version = 14,
    ip_length = 16,
    ip_protocol = 23,
    ip_from = 26,
    ip_to = 30,
    icmp_type = 34,
    icmp_checksum = 36,
    icmp_payload = 38,
};

enum { type_ipv4 = 0x0800, type_arp = 0x0806 };
enum { arp_request = 1, arp_reply = 2 };
enum { version_4_without_options = 0x45, protocol_icmp = 1, echo_reply = 0, echo_request = 8 };

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void copy(uint8_t *to, const uint8_t *from, uint32_t count)
{
    while (count-- > 0)
        *to++ = *from++;
}

static bool equal(const uint8_t *left, const uint8_t *right, uint32_t count)
{
    while (count-- > 0) {
        if (*left++ != *right++)
            return false;
    }
    return true;
}

static void send_arp(uint16_t operation, const uint8_t *to_mac, const uint8_t *to_ip)
{
    static const uint8_t ethernet_and_ipv4[6] = {0, 1, 0x08, 0x00, mac_size, ip_size};
    uint8_t *frame = network_buffer();
    copy(frame + ether_to, to_mac, mac_size);
    copy(frame + ether_from, own_mac, mac_size);
    put16(frame + ether_type, type_arp);
    copy(frame + ether_payload, ethernet_and_ipv4, sizeof ethernet_and_ipv4);
    put16(frame + arp_operation, operation);
    copy(frame + arp_sender_mac, own_mac, mac_size);
    copy(frame + arp_sender_ip, own_ip, ip_size);
    copy(frame + arp_target_mac, to_mac, mac_size);
    copy(frame + arp_target_ip, to_ip, ip_size);
    network_send(arp_end);
}

/* The ones' complement sum of RFC 1071. */
static uint16_t checksum(const uint8_t *bytes, uint32_t count)
{
    uint32_t sum = 0;
    for (; count > 1; count -= 2, bytes += 2)
        sum += get16(bytes);
    if (count == 1)
        sum += (uint32_t)(bytes[0] << 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* The request with sender and receiver swapped; a swap leaves the IPv4 header's checksum right. */
static void answer_echo(const uint8_t *request, uint32_t end)
{
    uint8_t *reply = network_buffer();
    copy(reply, request, end);
    copy(reply + ether_to, request + ether_from, mac_size);
    copy(reply + ether_from, own_mac, mac_size);
    copy(reply + ip_from, own_ip, ip_size);
    copy(reply + ip_to, request + ip_from, ip_size);
    reply[icmp_type] = echo_reply;
    put16(reply + icmp_checksum, 0);
    put16(reply + icmp_checksum, checksum(reply + icmp_type, end - icmp_type));
    network_send(end);
}

static void handle_frame(const uint8_t *frame, uint32_t length)
{
    if (length < arp_end)
        return;
    switch (get16(frame + ether_type)) {
    case type_arp:
        if (get16(frame + arp_operation) == arp_request && equal(frame + arp_target_ip, own_ip, ip_size))
            send_arp(arp_reply, frame + arp_sender_mac, frame + arp_sender_ip);
        break;
    case type_ipv4: {
        uint32_t end = ether_payload + get16(frame + ip_length);
        if (frame[ip_version] == version_4_without_options && frame[ip_protocol] == protocol_icmp
            && frame[icmp_type] == echo_request && equal(frame + ip_to, own_ip, ip_size)
            && end >= icmp_payload && end <= length)
            answer_echo(frame, end);
        break;
    }
    }
}

/* Announces the address with a gratuitous ARP, so that bridges learn the port, also after a reset. */
static void start_network(void)
{
    static const uint8_t everybody[mac_size] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    own_ip[0] = 10;
    own_ip[1] = 77;
    own_ip[2] = own_mac[4];
    own_ip[3] = own_mac[5];
    send_arp(arp_request, everybody, own_ip);

    console_text("tiny: address ");
    for (uint32_t i = 0; i < ip_size; i++) {
        console_decimal(own_ip[i]);
        console_text(i + 1 < ip_size ? "." : "\n");
    }
}

static void handle_key(char key)
{
    console_character(key);
    if (key == '\r')
        console_character('\n');
    if (key == 'q') {
        console_text("\ntiny: power off\n");
        power_off();
    }
    if (key == 'r') {
        console_text("\ntiny: reset\n");
        reset();
    }
}

_Noreturn void tiny_main(void)
{
    console_text("tiny: up\n");
    bool networked = network_start(own_mac);
    if (networked)
        start_network();
    else
        console_text("tiny: no network device\n");
    timer_start();

    for (;;) {
        uint32_t length;
        const uint8_t *frame;
        char key;
        while (networked && (frame = network_receive(&length))) {
            handle_frame(frame, length);
            network_release();
        }
        if (console_read(&key))
            handle_key(key);
        if (power_button_pressed()) {
            console_text("tiny: power button\n");
            power_off();
        }
        timer_wait();
    }
}
