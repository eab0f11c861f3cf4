; Finds out which processor modes an accelerator executes: prints a letter on COM1 after each step, and at the end
; leaves QEMU through isa-debug-exit. Where the accelerator cannot go on, the letters stop.
;
;   R  16-bit real mode                        I  an exception taken and returned from, in 64-bit mode
;   P  32-bit protected mode                   C  page table base reloaded, TLB entry invalidated
;   p  paging on, 32-bit code                  G  GS base written, swapgs
;   L  64-bit mode, privileged
;
; A full run prints RPpLICG and a newline, and QEMU exits with status 33 (0x10 written: 0x10 * 2 + 1). A 64-bit
; system needs all of them.
;
; The image around it is 64 KiB: this code at offset 0, and at 0xfff0, where the processor starts, the far jump
; EA 00 00 00 F0 to it. Nothing but RAM below 64 KiB is written.

bits 16
org 0xf0000                     ; segment 0xf000, offset 0: below 1 MiB the image ends at 0xfffff

COM1        equ 0x3f8
EXIT_PORT   equ 0x501           ; -device isa-debug-exit,iobase=0x501,iosize=1
EXIT_VALUE  equ 0x10

PML4        equ 0x1000          ; three page tables, 4 KiB each
PDPT        equ 0x2000
PD          equ 0x3000
IDT         equ 0x4000
STACK_TOP   equ 0x7000

CODE32      equ 0x08            ; selectors in the table below
DATA        equ 0x10
CODE64      equ 0x18

CR0_PE      equ 1 << 0
CR0_PG      equ 1 << 31
CR4_PAE     equ 1 << 5
EFER        equ 0xc0000080
EFER_LME    equ 1 << 8
GS_BASE     equ 0xc0000101
PRESENT_RW  equ 0x003
LARGE_PAGE  equ 0x080
BREAKPOINT  equ 3               ; the vector of `int3`
GATE64      equ 0x8e00          ; present, ring 0, 64-bit interrupt gate

%macro letter 1
    mov al, %1
    mov dx, COM1
    out dx, al
%endmacro

real_mode:
    cli
    letter 'R'
    xor eax, eax
    mov es, ax
    mov di, PML4                ; clear the page tables and the IDT behind them
    mov cx, (IDT + 0x1000 - PML4) / 4
    cld
    rep stosd
    mov ds, ax                  ; the first 2 MiB map to themselves, in one large page
    mov dword [PML4], PDPT | PRESENT_RW
    mov dword [PDPT], PD | PRESENT_RW
    mov dword [PD], LARGE_PAGE | PRESENT_RW
    o32 lgdt [cs:gdt_register - real_mode]
    mov eax, cr0
    or  al, CR0_PE
    mov cr0, eax
    jmp dword CODE32:protected_mode

bits 32
protected_mode:
    mov ax, DATA
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, STACK_TOP
    letter 'P'
    mov eax, cr4
    or  eax, CR4_PAE
    mov cr4, eax
    mov eax, PML4
    mov cr3, eax
    mov ecx, EFER
    rdmsr
    or  eax, EFER_LME
    wrmsr
    mov eax, cr0
    or  eax, CR0_PG
    mov cr0, eax
    letter 'p'
    jmp CODE64:long_mode

bits 64
long_mode:
    letter 'L'
    mov esp, STACK_TOP
    mov edi, IDT + BREAKPOINT * 16
    mov eax, breakpoint_handler ; the gate holds the address as bits 0-15, selector, flags, bits 16-31
    mov [rdi], ax
    mov word [rdi + 2], CODE64
    mov word [rdi + 4], GATE64
    shr eax, 16
    mov [rdi + 6], ax
    lidt [rel idt_register]
    int3
    letter 'I'
    mov rax, cr3
    mov cr3, rax
    invlpg [STACK_TOP]
    letter 'C'
    mov ecx, GS_BASE
    xor eax, eax
    xor edx, edx
    wrmsr
    swapgs
    swapgs
    letter 'G'
    letter 10
    mov al, EXIT_VALUE
    mov dx, EXIT_PORT
    out dx, al
.stop:
    hlt
    jmp .stop

breakpoint_handler:
    iretq

; The accessed bits are set beforehand: the processor would set them, and this is ROM.
align 8
gdt:
    dq 0
    dq 0x00cf9b000000ffff       ; CODE32: base 0, limit 4 GiB
    dq 0x00cf93000000ffff       ; DATA
    dq 0x00af9b000000ffff       ; CODE64
gdt_register:
    dw gdt_register - gdt - 1
    dd gdt
idt_register:
    dw 0xfff
    dq IDT
