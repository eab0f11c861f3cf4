; The first instructions of the firmware: from the reset state of an x86 processor to C.
;
; QEMU maps the 64 KiB image twice: at 0xf0000, below 1 MiB, and right below 4 GiB. The processor starts in real
; mode 16 bytes below 4 GiB; the image's last 16 bytes hold a far jump to 0xf000:0, which is `start`.

bits 16
section .start progbits alloc exec nowrite align=16
global start
extern tiny_main

CODE_SELECTOR equ 0x08
DATA_SELECTOR equ 0x10
STACK_TOP     equ 0x80000       ; RAM below 640 KiB, which nothing else uses

start:
    cli
    o32 lgdt [cs:gdt_register - start]
    mov eax, cr0
    or  al, 1                   ; CR0.PE: protected mode
    mov cr0, eax
    jmp dword CODE_SELECTOR:protected

bits 32
protected:
    mov ax, DATA_SELECTOR
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, STACK_TOP
    xor eax, eax                ; RAM keeps its content over a reset: clear the C variables
    mov edi, bss_start
    mov ecx, bss_words
    cld
    rep stosd
    jmp tiny_main

extern bss_start
extern bss_words

; Sleeps until the timer's next interrupt. Interrupts are on nowhere else, so the handler knows whom it interrupts: it
; drops what the processor pushed and returns to the caller of timer_wait. That spares an `iret`, which a KVM without
; hardware support does not emulate in protected mode.
LOCAL_APIC_EOI equ 0xfee000b0
global timer_wait
global timer_interrupt
timer_wait:
    sti
.sleep:
    hlt
    jmp .sleep
timer_interrupt:
    add esp, 3 * 4              ; EIP, CS, EFLAGS; the gate turned interrupts off
    mov dword [LOCAL_APIC_EOI], 0
    ret

align 8
gdt:
    dq 0
    dq 0x00cf9b000000ffff       ; code: base 0, limit 4 GiB, 32-bit, ring 0, accessed
    dq 0x00cf93000000ffff       ; data: the same
gdt_register:
    dw gdt_register - gdt - 1
    dd gdt
