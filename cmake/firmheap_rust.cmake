# SPDX-License-Identifier: MIT
#
# A Rust target needs its `core` library. Makes sure there is one, in this order:
#   1. it is installed                2. rustup installs it (asked twice: a download can fail midway)
#   3. Debian's rustc-web and rust-web-src build it from source, where rustup reaches no server
#
# Included by firmheap_archive.cmake and the root CMakeLists.txt, or run alone:
#   cmake -DRUST_TARGET=<triple> -P cmake/firmheap_rust.cmake

cmake_minimum_required(VERSION 3.20)
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/firmheap_cargo.cmake")

set(FIRMHEAP_DEBIAN_RUSTC "/usr/bin/rustc")

# Sets OUT_ENV (for `cmake -E env`) and OUT_FLAGS (for cargo) to what a build for TARGET needs.
function(firmheap_provide_core CARGO TARGET OUT_ENV OUT_FLAGS)
    set(${OUT_ENV} "" PARENT_SCOPE)
    set(${OUT_FLAGS} "" PARENT_SCOPE)
    firmheap_find_beside_cargo(rustc "${CARGO}" rustc)
    _firmheap_has_core(there "${rustc}" "${TARGET}")
    if(there)
        return()
    endif()

    firmheap_find_beside_cargo(rustup "${CARGO}" rustup)
    if(rustup)
        foreach(attempt first second)
            message(STATUS "firmheap: rustup target add ${TARGET} (${attempt} attempt)")
            execute_process(COMMAND "${rustup}" target add "${TARGET}"
                OUTPUT_VARIABLE said ERROR_VARIABLE said)
            _firmheap_has_core(there "${rustc}" "${TARGET}")
            if(there)
                return()
            endif()
        endforeach()
    endif()

    _firmheap_has_core_sources(there)
    if(there)
        message(STATUS "firmheap: building core for ${TARGET} from Debian's Rust sources")
        set(${OUT_ENV} "RUSTC=${FIRMHEAP_DEBIAN_RUSTC};RUSTC_BOOTSTRAP=1" PARENT_SCOPE)
        set(${OUT_FLAGS} "-Zbuild-std=core" PARENT_SCOPE)
        return()
    endif()

    message(FATAL_ERROR "firmheap: Rust's core library for ${TARGET} is missing.\n"
        "Install it:          rustup target add ${TARGET}\n"
        "or, on Debian:       apt-get install rustc-web rust-web-src\n"
        "or, without Rust:    use a prebuilt archive and port/firmheap_port.c\n${said}")
endfunction()

function(_firmheap_has_core OUT RUSTC TARGET)
    set(${OUT} FALSE PARENT_SCOPE)
    if(NOT RUSTC)
        return()
    endif()
    execute_process(COMMAND "${RUSTC}" --print target-libdir --target "${TARGET}"
        OUTPUT_VARIABLE libdir ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
    if(NOT failed)
        file(GLOB core "${libdir}/libcore-*.rlib")
        if(core)
            set(${OUT} TRUE PARENT_SCOPE)
        endif()
    endif()
endfunction()

function(_firmheap_has_core_sources OUT)
    set(${OUT} FALSE PARENT_SCOPE)
    if(EXISTS "${FIRMHEAP_DEBIAN_RUSTC}")
        execute_process(COMMAND "${FIRMHEAP_DEBIAN_RUSTC}" --print sysroot
            OUTPUT_VARIABLE sysroot ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
        if(EXISTS "${sysroot}/lib/rustlib/src/rust/library/core")
            set(${OUT} TRUE PARENT_SCOPE)
        endif()
    endif()
endfunction()

# Sets OUT to cargo's path or stops with the cure.
function(firmheap_need_cargo OUT)
    firmheap_find_cargo(cargo)
    if(NOT cargo)
        message(FATAL_ERROR "firmheap: cargo is neither on PATH nor in ~/.cargo/bin.\n"
            "Install Rust (rustup, or Debian's cargo and rustc-web),\n"
            "or say where cargo is: -DFIRMHEAP_CARGO=<path>,\n"
            "or use a prebuilt libfirmheap.a with port/firmheap_port.c: no Rust needed.")
    endif()
    set(${OUT} "${cargo}" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    firmheap_need_cargo(cargo)
    firmheap_provide_core("${cargo}" "${RUST_TARGET}" environment flags)
endif()
