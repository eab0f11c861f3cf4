/* The machine `-M microvm` as this firmware sees it: ports, device registers, and the serial console. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

static inline void port_write(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t port_read(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t read32(uint32_t address)
{
    return *(volatile uint32_t *)address;
}

static inline void write32(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static inline uint8_t read8(uint32_t address)
{
    return *(volatile uint8_t *)address;
}

static inline void write8(uint32_t address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}

/* x86 keeps stores in order; the compiler has to as well. */
static inline void store_barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* The serial console, COM1 (a 16550). */
void console_character(char character);
void console_text(const char *text);
void console_decimal(uint8_t value);
/* False when nothing was typed. */
bool console_read(char *character);

/* A periodic timer interrupt, and sleeping until the next one: an idle guest must not use up a host's processor. */
void timer_start(void);
void timer_wait(void);

/* The Generic Event Device, by which microvm carries ACPI events (QEMU: include/hw/acpi/generic_event_device.h). */
bool power_button_pressed(void);
void power_off(void);
void reset(void);

#endif
