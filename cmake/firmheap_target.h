/* SPDX-License-Identifier: MIT
 *
 * The one table from a C compiler's own macros to the Rust target that makes objects for it.
 * CMake preprocesses it at configure time and compiles it into the probe at build time.
 *
 * One soft-float v7-M object serves soft, softfp and hard images of Cortex-M3, M4 and M7: the
 * heap passes no floats, and the archive carries no .ARM.attributes that would say otherwise. */
#ifndef FIRMHEAP_TARGET_H
#define FIRMHEAP_TARGET_H

#if defined( __ARM_ARCH_6M__ )
    #define FIRMHEAP_RUST_TARGET    "thumbv6m-none-eabi"
#elif defined( __ARM_ARCH_7M__ ) || defined( __ARM_ARCH_7EM__ )
    #define FIRMHEAP_RUST_TARGET    "thumbv7m-none-eabi"
#elif defined( __ARM_ARCH_8M_BASE__ )
    #define FIRMHEAP_RUST_TARGET    "thumbv8m.base-none-eabi"
#elif defined( __ARM_ARCH_8M_MAIN__ ) || defined( __ARM_ARCH_8_1M_MAIN__ )
    #define FIRMHEAP_RUST_TARGET    "thumbv8m.main-none-eabi"

#elif defined( __riscv ) && ( __riscv_xlen == 32 ) && defined( __riscv_float_abi_soft )
    #if defined( __riscv_compressed ) && defined( __riscv_atomic ) && defined( __riscv_mul )
        #define FIRMHEAP_RUST_TARGET    "riscv32imac-unknown-none-elf"
    #elif defined( __riscv_compressed ) && defined( __riscv_mul )
        #define FIRMHEAP_RUST_TARGET    "riscv32imc-unknown-none-elf"
    #elif defined( __riscv_mul )
        #define FIRMHEAP_RUST_TARGET    "riscv32im-unknown-none-elf"
    #else
        #define FIRMHEAP_RUST_TARGET    "riscv32i-unknown-none-elf"
    #endif
#elif defined( __riscv ) && ( __riscv_xlen == 32 ) && defined( __riscv_float_abi_single )
    #define FIRMHEAP_RUST_TARGET    "riscv32imafc-unknown-none-elf"
#elif defined( __riscv ) && ( __riscv_xlen == 64 ) && defined( __riscv_float_abi_double )
    #define FIRMHEAP_RUST_TARGET    "riscv64gc-unknown-none-elf"
#elif defined( __riscv ) && ( __riscv_xlen == 64 ) && defined( __riscv_float_abi_soft )
    #define FIRMHEAP_RUST_TARGET    "riscv64imac-unknown-none-elf"

#elif defined( __x86_64__ ) && defined( __linux__ ) && !defined( __ILP32__ )
    #define FIRMHEAP_RUST_TARGET    "x86_64-unknown-linux-gnu"
#elif defined( __i386__ ) && defined( __linux__ )
    #define FIRMHEAP_RUST_TARGET    "i686-unknown-linux-gnu"
#elif defined( __aarch64__ ) && defined( __linux__ )
    #define FIRMHEAP_RUST_TARGET    "aarch64-unknown-linux-gnu"
#elif defined( __aarch64__ ) && !defined( __APPLE__ ) && !defined( _WIN32 )
    #define FIRMHEAP_RUST_TARGET    "aarch64-unknown-none"

#else
    #define FIRMHEAP_RUST_TARGET    "unknown"
#endif

#endif /* FIRMHEAP_TARGET_H */
