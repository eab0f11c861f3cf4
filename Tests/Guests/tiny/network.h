/* A virtio-mmio network device, driven by polling, without interrupts. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum { network_frame_limit = 1514 }; /* an Ethernet frame without its checksum */

/* Finds the machine's first network device and starts it. False: there is none. */
bool network_start(uint8_t mac[6]);

/* The next frame received, or null. It stays valid until `network_release`. */
const uint8_t *network_receive(uint32_t *length);
void network_release(void);

/* A buffer of `network_frame_limit` bytes for the frame to be sent next, and its sending. */
uint8_t *network_buffer(void);
void network_send(uint32_t length);

#endif
