#include "machine.h"

enum {
    com1 = 0x3f8,
    com1_line_status = com1 + 5,
    line_status_received = 0x01,
    line_status_can_send = 0x20,
};

void console_character(char character)
{
    /* A console that nobody reads must not stop the guest: give up waiting after a while. */
    for (uint32_t tries = 100000; tries > 0; tries--) {
        if (port_read(com1_line_status) & line_status_can_send)
            break;
    }
    port_write(com1, (uint8_t)character);
}

void console_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            console_character('\r');
        console_character(*text);
    }
}

void console_decimal(uint8_t value)
{
    if (value >= 100)
        console_character('0' + value / 100);
    if (value >= 10)
        console_character('0' + value / 10 % 10);
    console_character('0' + value % 10);
}

bool console_read(char *character)
{
    if (!(port_read(com1_line_status) & line_status_received))
        return false;
    *character = (char)port_read(com1);
    return true;
}

/* The processor's own timer, in its local APIC (Intel SDM volume 3, chapter 11); QEMU and KVM count it at 1 GHz. */
enum {
    apic_spurious = 0xfee000f0,
    apic_enable = 0x100,
    apic_timer = 0xfee00320,
    apic_timer_periodic = 0x20000,
    apic_timer_count = 0xfee00380,
    apic_timer_divide = 0xfee003e0,
    apic_timer_divide_by_1 = 0xb,
    timer_period = 2 * 1000 * 1000, /* 2 ms */
};

enum {
    timer_vector = 0x20, /* the first that is not a processor exception */
    spurious_vector = 0x21,
    vector_count,
    code_selector = 0x08,
    interrupt_gate = 0x8e00, /* present, ring 0, 32-bit */
    pic_mask = 0x21,         /* of the first 8259A, which is not used */
};

static struct {
    uint16_t offset_low;
    uint16_t selector;
    uint16_t flags;
    uint16_t offset_high;
} interrupt_table[vector_count];

void timer_interrupt(void); /* reset.asm */

void timer_start(void)
{
    uint32_t handler = (uint32_t)&timer_interrupt;
    for (uint32_t vector = timer_vector; vector < vector_count; vector++) {
        interrupt_table[vector].offset_low = (uint16_t)handler;
        interrupt_table[vector].selector = code_selector;
        interrupt_table[vector].flags = interrupt_gate;
        interrupt_table[vector].offset_high = (uint16_t)(handler >> 16);
    }

    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) table = {sizeof interrupt_table - 1, (uint32_t)interrupt_table};
    __asm__ volatile("lidt %0" : : "m"(table));

    port_write(pic_mask, 0xff);
    write32(apic_spurious, apic_enable | spurious_vector);
    write32(apic_timer_divide, apic_timer_divide_by_1);
    write32(apic_timer, apic_timer_periodic | timer_vector);
    write32(apic_timer_count, timer_period);
}

/* QEMU: include/hw/i386/microvm.h (addresses) and hw/acpi/generic_event_device.c (registers). */
enum {
    ged_event_select = 0xfea00000, /* reading it takes the pending events */
    ged_event_power_down = 0x2,
    ged_sleep_control = 0xfea00200, /* ACPI sleep control register */
    sleep_enable = 0x20,
    sleep_type_s5 = 5 << 2,
    ged_reset = 0xfea00202, /* ACPI reset register */
    ged_reset_value = 0x42,
};

bool power_button_pressed(void)
{
    return read32(ged_event_select) & ged_event_power_down;
}

void power_off(void)
{
    write8(ged_sleep_control, sleep_enable | sleep_type_s5);
}

void reset(void)
{
    write8(ged_reset, ged_reset_value);
}
