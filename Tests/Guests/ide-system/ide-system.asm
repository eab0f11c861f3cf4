; A system of two sectors for machines as they were before virtio: a BIOS loads the first from an IDE disk, that one
; loads the second by the BIOS, and all that it finds is said on COM1, a line each:
;
;   boot sector         the first sector runs
;   second sector       the disk was read by int 13h
;   disks N             how many hard disks the BIOS found
;   network VVVV:DDDD   PCI vendor and device of the first Ethernet controller, found by the PCI BIOS; or "none"
;   idle                all is said
;
; Then it halts, and powers off once the power button was pressed: it asks the power management of PIIX4 eighteen times
; a second, at the ports where SeaBIOS puts it.

bits 16
org 0x7c00

COM1 equ 0x3f8
PM1_STATUS equ 0x600            ; bit 8: the power button was pressed (ACPI 6.4, section 4.8.4.1)
PM1_ENABLE equ 0x602
PM1_CONTROL equ 0x604           ; bit 13: go to sleep, type 0: off (QEMU's hw/acpi/piix4.c)
BUTTON equ 1 << 8
SLEEP equ 1 << 13

start:
    cli
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    sti
    cld
    mov [drive], dl
    mov si, first_text
    call print

    mov ax, 0x0201              ; read one sector
    mov cx, 0x0002              ; cylinder 0, sector 2
    mov dh, 0
    mov bx, second
    int 0x13
    jc failed
    jmp second

failed:
    mov si, failed_text
    call print
.halt:
    hlt
    jmp .halt

; Prints the text at SI, up to a zero.
print:
    lodsb
    test al, al
    jz .end
    call put
    jmp print
.end:
    ret

; Prints the character in AL.
put:
    push dx
    push ax
    mov dx, COM1 + 5
.wait:
    in al, dx
    test al, 0x20               ; the transmitter is empty
    jz .wait
    pop ax
    mov dx, COM1
    out dx, al
    pop dx
    ret

first_text db "boot sector", 13, 10, 0
failed_text db "the disk cannot be read", 13, 10, 0
drive db 0

    times 510 - ($ - $$) db 0
    dw 0xaa55

second:
    mov si, second_text
    call print

    mov si, disks_text
    call print
    mov al, [0x475]             ; the BIOS data area: how many hard disks there are
    add al, '0'
    call put
    mov si, end_text
    call print

    mov si, network_text
    call print
    mov ax, 0xb103              ; PCI BIOS: find a class
    mov ecx, 0x020000           ; Ethernet controllers
    xor si, si
    int 0x1a
    jc .none
    mov di, 0                   ; the register of the vendor's number
    call configuration
    mov al, ':'
    call put
    mov di, 2                   ; and of the device's
    call configuration
    jmp .said
.none:
    mov si, none_text
    call print
.said:
    mov si, end_text
    call print

    mov dx, PM1_ENABLE
    mov ax, BUTTON
    out dx, ax
    mov si, idle_text
    call print
.idle:
    hlt
    mov dx, PM1_STATUS
    in ax, dx
    test ax, BUTTON
    jz .idle
    mov dx, PM1_CONTROL
    mov ax, SLEEP
    out dx, ax
    jmp .idle

; Prints the 16 bits of PCI configuration at register DI of device BX.
configuration:
    mov ax, 0xb109
    int 0x1a
    mov dx, cx
    mov cx, 4
.digit:
    rol dx, 4
    mov al, dl
    and al, 0x0f
    add al, '0'
    cmp al, '9'
    jbe .decimal
    add al, 'a' - '9' - 1
.decimal:
    call put
    loop .digit
    ret

second_text db "second sector", 13, 10, 0
disks_text db "disks ", 0
network_text db "network ", 0
none_text db "none", 0
idle_text db "idle", 13, 10, 0
end_text db 13, 10, 0

    times 1024 - ($ - $$) db 0
