// SPDX-License-Identifier: MIT
//! Rust code in the same image shares the kernel's critical sections, which count their nesting.

use critical_section::{set_impl, Impl, RawRestoreState};

extern "C" {
    fn vFirmheapEnterCritical();
    fn vFirmheapExitCritical();
}

struct KernelCriticalSection;
set_impl!(KernelCriticalSection);

// SAFETY: taskENTER_CRITICAL excludes every task and interrupt that may use the kernel, and nests.
unsafe impl Impl for KernelCriticalSection {
    unsafe fn acquire() -> RawRestoreState {
        // SAFETY: a kernel call in task context, as the trait's contract with the user says.
        unsafe { vFirmheapEnterCritical() }
    }
    unsafe fn release((): RawRestoreState) {
        // SAFETY: pairs with `acquire`.
        unsafe { vFirmheapExitCritical() }
    }
}
