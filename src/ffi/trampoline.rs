// SPDX-License-Identifier: MIT
//! `FIRMHEAP_TRACK=sites`: the kernel's names that allocate are a few instructions each, which hand the address they will
//! return to on to the functions here. So the caller is known for code that was compiled before firmheap was there.
//!
//! `operator new` and the kernel's `xTaskCreate` and its kin are callers like others: the frame behind them is known if
//! `include/firmheap_sites.h` is used.

use super::tracked::Caller;
use core::arch::global_asm;
use cty::{c_char, c_void, size_t};

/// The address to return to behind the caller's own `$own` arguments, and zero behind it where there is a register left
/// for that (not with three): the C ABI's registers, on i386 its stack.
macro_rules! trampoline {
    ($name:literal, $to:literal, $own:literal) => {
        #[cfg(all(target_arch = "arm", firmheap_double_words))]
        global_asm!(
            ".syntax unified",
            ".thumb",
            concat!(".section .text.", $name, ",\"ax\",%progbits"),
            concat!(".global ", $name),
            concat!(".type ", $name, ",%function"),
            ".thumb_func",
            concat!($name, ":"),
            concat!("mov r", $own, ", lr"),
            concat!(".if ", $own, " == 1"),
            "movs r2, #0",
            ".endif",
            concat!(".if ", $own, " == 2"),
            "movs r3, #0",
            ".endif",
            concat!("b.w ", $to),
            concat!(".size ", $name, ", . - ", $name),
            ".text",
        );
        // A branch reaches 2 KiB here, and the other function may be further.
        #[cfg(all(target_arch = "arm", not(firmheap_double_words)))]
        global_asm!(
            ".syntax unified",
            ".thumb",
            concat!(".section .text.", $name, ",\"ax\",%progbits"),
            concat!(".global ", $name),
            concat!(".type ", $name, ",%function"),
            ".thumb_func",
            concat!($name, ":"),
            concat!("mov r", $own, ", lr"),
            concat!(".if ", $own, " == 1"),
            "movs r2, #0",
            ".endif",
            concat!(".if ", $own, " == 2"),
            "movs r3, #0",
            ".endif",
            "push {{r0}}",
            concat!("ldr r0, =", $to),
            "mov r12, r0",
            "pop {{r0}}",
            "bx r12",
            ".ltorg",
            concat!(".size ", $name, ", . - ", $name),
            ".text",
        );
        #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
        global_asm!(
            concat!(".section .text.", $name, ",\"ax\",@progbits"),
            concat!(".global ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            concat!("mv a", $own, ", ra"),
            concat!(".if ", $own, " == 1"),
            "li a2, 0",
            ".endif",
            concat!(".if ", $own, " == 2"),
            "li a3, 0",
            ".endif",
            concat!("tail ", $to),
            concat!(".size ", $name, ", . - ", $name),
            ".text",
        );
        #[cfg(target_arch = "x86_64")]
        global_asm!(
            concat!(".section .text.", $name, ",\"ax\",@progbits"),
            concat!(".global ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            concat!(".if ", $own, " == 1"),
            "mov rsi, [rsp]",
            "xor edx, edx",
            ".endif",
            concat!(".if ", $own, " == 2"),
            "mov rdx, [rsp]",
            "xor ecx, ecx",
            ".endif",
            concat!(".if ", $own, " == 3"),
            "mov rcx, [rsp]",
            ".endif",
            concat!("jmp ", $to),
            concat!(".size ", $name, ", . - ", $name),
            ".text",
        );
        // Arguments are on the stack, which is aligned to 16 bytes at a call.
        #[cfg(target_arch = "x86")]
        global_asm!(
            concat!(".section .text.", $name, ",\"ax\",@progbits"),
            concat!(".global ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            concat!(".if ", $own, " == 1"),
            "push 0",
            "push dword ptr [esp + 4]",
            "push dword ptr [esp + 12]",
            concat!("call ", $to),
            "add esp, 12",
            ".endif",
            concat!(".if ", $own, " == 2"),
            "sub esp, 12",
            "push 0",
            "push dword ptr [esp + 16]",
            "push dword ptr [esp + 28]",
            "push dword ptr [esp + 28]",
            concat!("call ", $to),
            "add esp, 28",
            ".endif",
            concat!(".if ", $own, " == 3"),
            "sub esp, 12",
            "push dword ptr [esp + 12]",
            "push dword ptr [esp + 28]",
            "push dword ptr [esp + 28]",
            "push dword ptr [esp + 28]",
            concat!("call ", $to),
            "add esp, 28",
            ".endif",
            "ret",
            concat!(".size ", $name, ", . - ", $name),
            ".text",
        );
        #[cfg(target_arch = "aarch64")]
        global_asm!(
            concat!(".section .text.", $name, ",\"ax\",@progbits"),
            concat!(".global ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            concat!("mov x", $own, ", x30"),
            concat!(".if ", $own, " == 1"),
            "mov w2, #0",
            ".endif",
            concat!(".if ", $own, " == 2"),
            "mov w3, #0",
            ".endif",
            concat!("b ", $to),
            concat!(".size ", $name, ", . - ", $name),
            ".text",
        );
    };
}

#[cfg(not(firmheap_inject_failures))]
trampoline!("pvPortMalloc", "pvFirmheapMallocFrom", "1");
#[cfg(not(firmheap_inject_failures))]
trampoline!("pvPortCalloc", "pvFirmheapCallocFrom", "2");
#[cfg(firmheap_inject_failures)]
trampoline!("pvFirmheapMalloc", "pvFirmheapMallocFrom", "1");
#[cfg(firmheap_inject_failures)]
trampoline!("pvFirmheapCalloc", "pvFirmheapCallocFrom", "2");

#[cfg(all(feature = "extensions", not(firmheap_inject_failures)))]
trampoline!("pvPortRealloc", "pvFirmheapReallocFrom", "2");
#[cfg(all(feature = "extensions", not(firmheap_inject_failures)))]
trampoline!("pvPortAlignedAlloc", "pvFirmheapAlignedAllocFrom", "2");
#[cfg(all(feature = "extensions", firmheap_inject_failures))]
trampoline!("pvFirmheapRealloc", "pvFirmheapReallocFrom", "2");
#[cfg(all(feature = "extensions", firmheap_inject_failures))]
trampoline!("pvFirmheapAlignedAlloc", "pvFirmheapAlignedAllocFrom", "2");
#[cfg(all(feature = "extensions", not(firmheap_inject_failures)))]
trampoline!("pvPortReallocArray", "pvFirmheapReallocArrayFrom", "3");
#[cfg(all(feature = "extensions", firmheap_inject_failures))]
trampoline!("pvFirmheapReallocArray", "pvFirmheapReallocArrayFrom", "3");

/// `pvPortRealloc` for a caller that is known.
#[cfg(feature = "extensions")]
#[no_mangle]
pub extern "C" fn pvFirmheapReallocFrom(
    pv: *mut c_void,
    xWantedSize: size_t,
    uxPlace: usize,
    ulIsText: u32,
) -> *mut c_void {
    super::memory::realloc(pv, xWantedSize, Caller::of(uxPlace, ulIsText))
}

/// `pvPortReallocArray` for a caller that is known by address.
#[cfg(feature = "extensions")]
#[no_mangle]
pub extern "C" fn pvFirmheapReallocArrayFrom(
    pv: *mut c_void,
    xNum: size_t,
    xSize: size_t,
    uxPlace: usize,
) -> *mut c_void {
    match super::kernel::product(xNum, xSize) {
        Some(bytes) => pvFirmheapReallocFrom(pv, bytes, uxPlace, 0),
        None => core::ptr::null_mut(),
    }
}

/// `pvPortAlignedAlloc` for a caller that is known.
#[cfg(feature = "extensions")]
#[no_mangle]
pub extern "C" fn pvFirmheapAlignedAllocFrom(
    xAlignment: size_t,
    xWantedSize: size_t,
    uxPlace: usize,
    ulIsText: u32,
) -> *mut c_void {
    super::memory::aligned(xAlignment, xWantedSize, Caller::of(uxPlace, ulIsText))
}

/// `pvPortMalloc` for a caller that is known: by address, or by a text if `ulIsText` is not zero.
#[no_mangle]
pub extern "C" fn pvFirmheapMallocFrom(
    xWantedSize: size_t,
    uxPlace: usize,
    ulIsText: u32,
) -> *mut c_void {
    super::malloc(xWantedSize, Caller::of(uxPlace, ulIsText))
}

/// `pvPortCalloc` for a caller that is known.
#[no_mangle]
pub extern "C" fn pvFirmheapCallocFrom(
    xNum: size_t,
    xSize: size_t,
    uxPlace: usize,
    ulIsText: u32,
) -> *mut c_void {
    super::calloc(xNum, xSize, Caller::of(uxPlace, ulIsText))
}

/// `pvPortMalloc` on behalf of another: `pvCaller` is the address to show for it, for instance what
/// `__builtin_return_address( 0 )` says in `operator new`.
/// Cost and context: as `pvPortMalloc`.
#[no_mangle]
pub extern "C" fn pvPortMallocFrom(xWantedSize: size_t, pvCaller: *const c_void) -> *mut c_void {
    pvFirmheapMallocFrom(xWantedSize, pvCaller as usize, 0)
}

/// `pvPortMalloc` with the place in the source as text, which must stay where it is: a string literal.
/// Cost and context: as `pvPortMalloc`.
#[no_mangle]
pub extern "C" fn pvPortMallocAt(xWantedSize: size_t, pcPlace: *const c_char) -> *mut c_void {
    pvFirmheapMallocFrom(xWantedSize, pcPlace as usize, 1)
}

/// `pvPortCalloc` with the place in the source as text.
/// Cost and context: as `pvPortCalloc`.
#[no_mangle]
pub extern "C" fn pvPortCallocAt(
    xNum: size_t,
    xSize: size_t,
    pcPlace: *const c_char,
) -> *mut c_void {
    pvFirmheapCallocFrom(xNum, xSize, pcPlace as usize, 1)
}
