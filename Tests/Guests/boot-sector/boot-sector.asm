; A disk that a BIOS boots: one sector that writes a line to the first serial port and then idles.
bits 16
org 0x7c00

start:
    xor ax, ax
    mov ds, ax
    mov si, text
    mov dx, 0x3f8
.next:
    lodsb
    test al, al
    jz .idle
    out dx, al
    jmp .next
.idle:
    sti
    hlt
    jmp .idle

text: db "booted from ", NAME, 13, 10, 0

times 510 - ($ - $$) db 0
dw 0xaa55
