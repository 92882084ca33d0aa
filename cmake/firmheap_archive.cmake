# SPDX-License-Identifier: MIT
#
# Makes libfirmheap.a: one object, a few KB, nothing of Rust's own library in it.
# The same script serves CMake builds, Makefile users (through cargo xtask archive) and the tests:
#
#   cmake -DRUST_TARGET=<triple> -DOUT=<file.a> -DWORK=<dir> [-DSETTINGS=<file>] [-DINTEGRITY=0..4]
#         [-DSCHEME=firm|heap_1|heap_2|heap_3|heap_4|heap_5] [-DCLEAR=0|1] [-DTRACE=0|1] [-DHOOK=0|1] [-DINJECT=0|1]
#         [-DPOOLS=1|0] [-DEXTENSIONS=1|0] [-DCRITICAL_SECTION=0|1] [-DREGIONS=AUTO|COMPACT|LARGE] [-DALIGNMENT=AUTO|<n>]
#         [-DLOCK=scheduler|critical] [-DFREE_FROM_ISR=0|1] [-DTRACK=AUTO|off|tasks|sites|trace]
#         [-DBUDGETS=0|1] [-DOBJCOPY=..] [-DAR=..] -P cmake/firmheap_archive.cmake
#
# SETTINGS is what firmheap_settings.cmake read from the probe; it answers whatever is AUTO.

cmake_minimum_required(VERSION 3.20)
include("${CMAKE_CURRENT_LIST_DIR}/firmheap_rust.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/firmheap_choices.cmake")
get_filename_component(FIRMHEAP_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

# Runs cargo once. What the caller's environment says of other Rust builds must not leak in.
function(_firmheap_run_cargo OBJECT)
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E env
            --unset=RUSTFLAGS --unset=CARGO_ENCODED_RUSTFLAGS --unset=CARGO_BUILD_RUSTFLAGS
            --unset=CARGO_BUILD_TARGET --unset=RUSTC_WRAPPER
            "CARGO_TARGET_DIR=${WORK}/cargo"
            "FIRMHEAP_ALIGNMENT=${ALIGNMENT}" "FIRMHEAP_REGIONS=${REGIONS}"
            "FIRMHEAP_SCHEME=${SCHEME}" "FIRMHEAP_HOOK=${HOOK}"
            "FIRMHEAP_INTEGRITY=${INTEGRITY}" "FIRMHEAP_CLEAR_ON_FREE=${CLEAR}" "FIRMHEAP_TRACE=${TRACE}"
            "FIRMHEAP_INJECT_FAILURES=${INJECT}" "FIRMHEAP_LOCK=${LOCK}" "FIRMHEAP_FREE_FROM_ISR=${FREE_FROM_ISR}"
            "FIRMHEAP_TRACK=${TRACK}" "FIRMHEAP_BUDGETS=${BUDGETS}"
            ${core_env}
            "${cargo}" rustc --locked --release --lib --package firmheap --features ${FEATURES} ${core_flags}
            --crate-type staticlib --target "${RUST_TARGET}"
            -- "--emit=obj=${OBJECT}" ${hide_places} ${no_outliner} ${no_frame_pointer}
        WORKING_DIRECTORY "${FIRMHEAP_ROOT}"
        RESULT_VARIABLE failed ERROR_VARIABLE said OUTPUT_VARIABLE said)
    if(failed)
        message(NOTICE "${said}") # as it is: FATAL_ERROR would wrap its lines
        message(FATAL_ERROR "firmheap: cargo could not build the archive for ${RUST_TARGET}, see above")
    endif()
endfunction()

# The outliner saves a few bytes by turning common tails into calls, on the way of every request.
set(no_outliner -Cllvm-args=-enable-machine-outliner=never)

# Rust keeps a frame pointer on Arm, two bytes and an instruction of every function that calls another. Schemes that
# are measured by the byte do without. Compilers whose LLVM cannot be told so keep it.
function(_firmheap_drop_frame_pointer OUT)
    set(${OUT} "" PARENT_SCOPE)
    set(flag "-Cllvm-args=-forceattrs-csv-path=${FIRMHEAP_ROOT}/cmake/firmheap_no_frame_pointer.csv")
    firmheap_find_beside_cargo(rustc "${cargo}" rustc)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env ${core_env} "${rustc}" "${flag}" --print target-cpus
        RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
        set(${OUT} "${flag}" PARENT_SCOPE)
    endif()
endfunction()

# Debug information names sources. It is for whoever steps through the heap, and must not tell where
# the archive was built. Later prefixes win, so the more special ones come last.
function(_firmheap_hide_places OUT)
    firmheap_find_beside_cargo(rustc "${cargo}" rustc)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env ${core_env} "${rustc}" --print sysroot
        OUTPUT_VARIABLE sysroot OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(flags "")
    foreach(place IN ITEMS "$ENV{HOME}=home" "$ENV{CARGO_HOME}=cargo" "${sysroot}=rust"
            "${WORK}=work" "${FIRMHEAP_ROOT}=firmheap")
        if(NOT place MATCHES "^/?=") # neither an unset variable nor the root of all
            list(APPEND flags "--remap-path-prefix=${place}")
        endif()
    endforeach()
    set(${OUT} "${flags}" PARENT_SCOPE)
endfunction()

# cargo does not know of the object: with an up-to-date crate it would not write it again.
function(_firmheap_compile OBJECT)
    file(REMOVE "${OBJECT}")
    _firmheap_run_cargo("${OBJECT}")
    if(NOT EXISTS "${OBJECT}")
        execute_process(COMMAND "${CMAKE_COMMAND}" -E env "CARGO_TARGET_DIR=${WORK}/cargo"
            "${cargo}" clean --quiet --release --package firmheap --target "${RUST_TARGET}"
            WORKING_DIRECTORY "${FIRMHEAP_ROOT}" OUTPUT_QUIET ERROR_QUIET)
        _firmheap_run_cargo("${OBJECT}")
    endif()
    if(NOT EXISTS "${OBJECT}")
        message(FATAL_ERROR "firmheap: rustc wrote no single object. The release profile in "
            "Cargo.toml must keep `lto = \"fat\"` and `codegen-units = 1`.")
    endif()
endfunction()

# .ARM.attributes would bind the object to one float ABI; .ARM.exidx (unwinding, which never
# happens here) would be placed as an orphan by linker scripts that do not know it.
function(_firmheap_pack OBJECT)
    execute_process(COMMAND "${OBJCOPY}" --wildcard
        -R .ARM.attributes -R ".ARM.exidx*" -R ".rel.ARM.exidx*" -R .llvmbc -R .llvmcmd
        "${OBJECT}" COMMAND_ERROR_IS_FATAL ANY)
    # Made anew beside the old one and then renamed: a build that is stopped leaves no half archive.
    file(REMOVE "${OUT}.new")
    execute_process(COMMAND "${AR}" rcsD "${OUT}.new" "${OBJECT}" COMMAND_ERROR_IS_FATAL ANY)
    file(RENAME "${OUT}.new" "${OUT}")
endfunction()

firmheap_settle_choices()
firmheap_find_binutils()
firmheap_need_cargo(cargo)
firmheap_provide_core("${cargo}" "${RUST_TARGET}" core_env core_flags)
_firmheap_hide_places(hide_places)
_firmheap_drop_frame_pointer(no_frame_pointer)
file(MAKE_DIRECTORY "${WORK}")
file(LOCK "${WORK}/lock" GUARD PROCESS TIMEOUT 900) # two builds that share the folder take turns
_firmheap_compile("${WORK}/firmheap.o")
_firmheap_pack("${WORK}/firmheap.o")
message(STATUS "firmheap: ${RUST_TARGET}, scheme ${SCHEME}, ${REGIONS} regions, alignment ${ALIGNMENT}, integrity ${INTEGRITY}, lock ${LOCK}, track ${TRACK}")
