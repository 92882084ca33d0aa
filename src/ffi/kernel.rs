// SPDX-License-Identifier: MIT
//! What the kernel's names need in every scheme: the types of `portable.h`, a product that may overflow, and no way
//! to panic.

use cty::size_t;

/// One region as `portable.h` declares it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HeapRegion_t {
    /// First byte.
    pub pucStartAddress: *mut u8,
    /// Bytes; zero ends the table.
    pub xSizeInBytes: size_t,
}

/// The figures as `portable.h` declares them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HeapStats_t {
    /// Bytes in free blocks, headers included.
    pub xAvailableHeapSpaceInBytes: size_t,
    /// Bytes in the largest free block, header included; 0 if there is none.
    pub xSizeOfLargestFreeBlockInBytes: size_t,
    /// Bytes in the smallest free block; the kernel version's own "none" value if there is none.
    pub xSizeOfSmallestFreeBlockInBytes: size_t,
    /// Free blocks.
    pub xNumberOfFreeBlocks: size_t,
    /// Lowest number of free bytes ever.
    pub xMinimumEverFreeBytesRemaining: size_t,
    /// Calls that returned memory.
    pub xNumberOfSuccessfulAllocations: size_t,
    /// Calls that gave memory back.
    pub xNumberOfSuccessfulFrees: size_t,
}

/// The product, or `None` if it overflows.
#[cfg(not(firmheap_no_clz))]
#[inline(always)]
pub fn product(one: usize, other: usize) -> Option<usize> {
    one.checked_mul(other)
}

/// The product, or `None` if it overflows. By halves, because the compiler would call its run-time library
/// for a double-width product or a division on CPUs that lack them.
#[cfg(firmheap_no_clz)]
pub fn product(one: usize, other: usize) -> Option<usize> {
    const HALF: u32 = usize::BITS / 2;
    const LOW: usize = usize::MAX >> HALF;
    let (one_high, other_high) = (one >> HALF, other >> HALF);
    if one_high != 0 && other_high != 0 {
        return None;
    }
    // One of the two is zero, so the sum cannot overflow.
    let middle = one_high * (other & LOW) + other_high * (one & LOW);
    if middle > LOW {
        return None;
    }
    (middle << HALF).checked_add((one & LOW) * (other & LOW))
}

/// A stand-alone archive has no panic path: the symbol this calls exists nowhere, so that a panic
/// path that creeps in is an undefined symbol in the object, which the tests look for.
#[cfg(all(not(test), feature = "exports", panic = "abort"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    extern "C" {
        fn firmheap_panic() -> !;
    }
    // SAFETY: never reached; the symbol does not exist.
    unsafe { firmheap_panic() }
}
