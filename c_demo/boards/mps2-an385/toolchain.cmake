# SPDX-License-Identifier: MIT
# cmake -S c_demo -B build -G Ninja -DBOARD=mps2-an385 \
#       -DCMAKE_TOOLCHAIN_FILE=c_demo/boards/mps2-an385/toolchain.cmake
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m3)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)

set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m3 -mthumb -ffunction-sections -fdata-sections")
set(CMAKE_ASM_FLAGS_INIT "-mcpu=cortex-m3 -mthumb")
# noexecstack: newlib's assembler objects say nothing about their stack, and ld would warn of each.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles --specs=nano.specs -Wl,--gc-sections,-z,noexecstack")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# ctest runs the images through this. -icount makes every run the same, instruction by instruction;
# virtual time does not wait for the host's clock (sleep=off).
set(CMAKE_CROSSCOMPILING_EMULATOR
    qemu-system-arm -M mps2-an385 -cpu cortex-m3
    -icount shift=10,align=off,sleep=off
    -nographic -monitor none -serial none
    -semihosting-config enable=on,target=native
    -kernel)
