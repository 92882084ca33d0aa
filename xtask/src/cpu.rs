// SPDX-License-Identifier: MIT
//! The CPUs that figures are made for: Rust's name for each, how C is compiled for it, and the machine of QEMU's that runs
//! its code.

use crate::run::Program;
use crate::tools;
use anyhow::Result;

pub struct Cpu {
    pub name: &'static str,
    /// Rust's name for it.
    pub target: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    /// The kernel's port: a folder below portable/.
    pub port: &'static str,
    /// What is C of it. RISC-V starts the scheduler in assembler, which is left out.
    pub port_sources: &'static [&'static str],
    /// portBYTE_ALIGNMENT of that port.
    pub alignment: u8,
    machine: &'static Machine,
}

/// A machine of QEMU's: what a program prints there comes out of the emulator, and so does its status.
struct Machine {
    emulator: &'static [&'static str],
    /// Start-up code, output and exit.
    sources: &'static [&'static str],
    /// Where its memory is, for the linker.
    script: &'static [&'static str],
    /// With so many binary digits of nanoseconds for each instruction tests/ruler counts them.
    shift: u32,
}

const GCC: &str = "arm-none-eabi-gcc";
const START: &[&str] = &["tests/pools/startup.c", "c_demo/boards/mps2-an385/board.c"];
const MPS2: &[&str] = &["-Tc_demo/boards/mps2-an385/link.ld"];

static AN385: Machine = Machine {
    emulator: &["qemu-system-arm", "-M", "mps2-an385", "-cpu", "cortex-m3", "-serial", "none"],
    sources: START,
    script: MPS2,
    shift: 10,
};
static AN386: Machine = Machine {
    emulator: &["qemu-system-arm", "-M", "mps2-an386", "-cpu", "cortex-m4", "-serial", "none"],
    sources: START,
    script: MPS2,
    shift: 10,
};
static AN505: Machine = Machine {
    emulator: &["qemu-system-arm", "-M", "mps2-an505", "-cpu", "cortex-m33", "-serial", "none"],
    sources: START,
    script: &["-Ltests/ruler", "-Tmps2-an505.ld"],
    shift: 10,
};
static VIRT: Machine = Machine {
    emulator: &["qemu-system-riscv32", "-M", "virt", "-bios", "none", "-serial", "stdio"],
    sources: &["tests/ruler/riscv_virt.c"],
    script: &["-Ltests/ruler", "-Triscv-virt.ld"],
    shift: 0,
};

/// Its code runs on the emulated Cortex-M3, which has all instructions of a Cortex-M0.
pub static M0: Cpu = Cpu {
    name: "Cortex-M0",
    target: "thumbv6m-none-eabi",
    compiler: GCC,
    flags: &["-mcpu=cortex-m0", "-mthumb"],
    port: "GCC/ARM_CM0",
    port_sources: &["port.c", "portasm.c"],
    alignment: 8,
    machine: &AN385,
};
pub static M3: Cpu = Cpu {
    name: "Cortex-M3",
    target: "thumbv7m-none-eabi",
    compiler: GCC,
    flags: &["-mcpu=cortex-m3", "-mthumb"],
    port: "GCC/ARM_CM3",
    port_sources: &["port.c"],
    alignment: 8,
    machine: &AN385,
};
pub static M4F: Cpu = Cpu {
    name: "Cortex-M4F",
    target: "thumbv7em-none-eabihf",
    compiler: GCC,
    flags: &["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
    port: "GCC/ARM_CM4F",
    port_sources: &["port.c"],
    alignment: 8,
    machine: &AN386,
};
pub static M33: Cpu = Cpu {
    name: "Cortex-M33",
    target: "thumbv8m.main-none-eabi",
    compiler: GCC,
    flags: &["-mcpu=cortex-m33+nodsp+nofp", "-mthumb"],
    port: "GCC/ARM_CM33_NTZ/non_secure",
    port_sources: &["port.c", "portasm.c"],
    alignment: 8,
    machine: &AN505,
};
pub static RV32: Cpu = Cpu {
    name: "RV32IMAC",
    target: "riscv32imac-unknown-none-elf",
    compiler: "riscv64-unknown-elf-gcc",
    flags: &[
        "-march=rv32imac",
        "-mabi=ilp32",
        "-misa-spec=2.2",
        "-mcmodel=medany",
        "-specs=picolibc.specs",
    ],
    port: "GCC/RISC-V",
    port_sources: &["port.c"],
    alignment: 16,
    machine: &VIRT,
};

pub static CPUS: [&Cpu; 5] = [&M0, &M3, &M4F, &M33, &RV32];

impl Cpu {
    pub fn is_arm(&self) -> bool {
        self.compiler == GCC
    }

    /// The C compiler, told what it compiles for.
    pub fn compiler(&self) -> Program {
        Program::new(self.compiler).args(self.flags)
    }

    /// Start-up code, output and exit on its machine.
    pub fn sources(&self) -> &'static [&'static str] {
        self.machine.sources
    }

    /// Where the machine's memory is, for the linker.
    pub fn script(&self) -> &'static [&'static str] {
        self.machine.script
    }

    /// The small C library, if the flags do not name it.
    pub fn library(&self) -> Option<&'static str> {
        self.is_arm().then_some("-specs=nano.specs")
    }

    /// The emulator, which wants to know yet what to run. Time in it passes as on a clock.
    pub fn emulator(&self) -> Program {
        let words = self.machine.emulator;
        let program = Program::new(words[0]).args(&words[1..]);
        program.args(["-display", "none", "-monitor", "none"])
    }

    pub fn shift(&self) -> u32 {
        self.machine.shift
    }

    /// What it takes to make archives and images for it and to run them.
    pub fn ensure_tools(&self) -> Result<()> {
        if self.is_arm() {
            tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC, tools::QEMU])
        } else {
            let all = [tools::CMAKE, tools::RISCV_CC, tools::RISCV_LIBC, tools::QEMU_RISCV];
            tools::ensure(&all)
        }
    }
}
