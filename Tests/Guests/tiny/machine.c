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
