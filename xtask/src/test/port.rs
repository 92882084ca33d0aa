// SPDX-License-Identifier: MIT
//! The port file is compiled by every user's own build, with that build's warnings: it must be clean
//! under strict ones, for every option of FreeRTOSConfig.h it reads, on host and target.

use super::{Step, Tally};
use crate::run::{Program, Ran};
use crate::{kernel, paths, symbols, targets};
use anyhow::{ensure, Context, Result};
use std::fs;
use std::path::PathBuf;

/// A name and what FreeRTOSConfig.h has besides the usual.
const CONFIGS: [(&str, &str); 28] = [
    ("plain", ""),
    ("assert", "#define configASSERT( x ) do { if( !( x ) ) { for( ; ; ) { } } } while( 0 )"),
    ("hook", "#define configUSE_MALLOC_FAILED_HOOK 1"),
    ("clear", "#define configHEAP_CLEAR_MEMORY_ON_FREE 1"),
    ("protector", "#define configENABLE_HEAP_PROTECTOR 1"),
    ("own array", "#define configAPPLICATION_ALLOCATED_HEAP 1"),
    ("rules", "#define FIRMHEAP_RULES 1"),
    ("systemview", "#include \"compat/systemview_heap.h\""),
    (
        "report",
        "#define FIRMHEAP_TRACK sites\n#define FIRMHEAP_REPORT 1\n#define configUSE_MALLOC_FAILED_HOOK 1\n\
         #define INCLUDE_xTaskGetCurrentTaskHandle 1\n#define INCLUDE_xTaskGetSchedulerState 1",
    ),
    (
        "trace",
        "#define FIRMHEAP_TRACK trace\n#define FIRMHEAP_INTEGRITY 3\n#define FIRMHEAP_REPORT 1\n\
         #define INCLUDE_xTaskGetCurrentTaskHandle 1\n#define INCLUDE_xTaskGetSchedulerState 1",
    ),
    ("regions", "#define FIRMHEAP_USE_REGIONS 1"),
    ("regions, no size", "#undef configTOTAL_HEAP_SIZE"),
    ("heap_1", "#define FIRMHEAP_SCHEME heap_1"),
    ("heap_2", "#define FIRMHEAP_SCHEME heap_2"),
    ("heap_3", "#define FIRMHEAP_SCHEME heap_3\n#undef configTOTAL_HEAP_SIZE"),
    ("heap_4", "#define FIRMHEAP_SCHEME heap_4\n#define configUSE_MALLOC_FAILED_HOOK 1"),
    ("heap_5", "#define FIRMHEAP_SCHEME heap_5\n#define configHEAP_CLEAR_MEMORY_ON_FREE 1"),
    ("heap_5, protector", "#define FIRMHEAP_SCHEME heap_5\n#define configENABLE_HEAP_PROTECTOR 1"),
    ("integrity 1", "#define FIRMHEAP_INTEGRITY 1"),
    ("integrity 3", "#define FIRMHEAP_INTEGRITY 3\n#define FIRMHEAP_QUARANTINE_BYTES 0"),
    ("integrity 4", "#define FIRMHEAP_INTEGRITY 4\n#define configENABLE_HEAP_PROTECTOR 1"),
    (
        "fault hook",
        "#define configUSE_HEAP_FAULT_HOOK 1\n#define INCLUDE_xTaskGetCurrentTaskHandle 1\n\
         #define FIRMHEAP_INTEGRITY 3",
    ),
    ("failures", "#define FIRMHEAP_INJECT_FAILURES 1\n#define INCLUDE_xTaskGetCurrentTaskHandle 1"),
    ("critical", "#define FIRMHEAP_LOCK critical"),
    (
        "critical, level 3",
        "#define FIRMHEAP_LOCK critical\n#define FIRMHEAP_FREE_FROM_ISR 1\n#define FIRMHEAP_INTEGRITY 3\n\
         #define configUSE_HEAP_FAULT_HOOK 1\n#define INCLUDE_xTaskGetCurrentTaskHandle 1\n\
         #define FIRMHEAP_INJECT_FAILURES 1\n#define FIRMHEAP_USE_REGIONS 1",
    ),
    ("frees from interrupts", "#define FIRMHEAP_FREE_FROM_ISR 1"),
    (
        "frees from interrupts, fault hook",
        "#define FIRMHEAP_FREE_FROM_ISR 1\n#define configUSE_HEAP_FAULT_HOOK 1\n\
         #define INCLUDE_xTaskGetCurrentTaskHandle 1",
    ),
    (
        "traces",
        "extern void vTrace( void * pv, unsigned long ul );\n\
         #define traceMALLOC( pv, ux ) vTrace( ( pv ), ( unsigned long ) ( ux ) )\n\
         #define traceFREE( pv, ux ) vTrace( ( pv ), ( unsigned long ) ( ux ) )",
    ),
];

const STRICT: [&str; 7] =
    ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O2"];

/// A compiler, its flags, the kernel's port for it.
const COMPILERS: [(&str, &str, &[&str], &str); 5] = [
    ("host", "cc", &[], "ThirdParty/GCC/Posix"),
    ("host, 32-bit", "cc", &["-m32"], "ThirdParty/GCC/Posix"),
    ("cortex-m3", "arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"], "GCC/ARM_CM3"),
    ("cortex-m0", "arm-none-eabi-gcc", &["-mcpu=cortex-m0", "-mthumb"], "GCC/ARM_CM0"),
    ("two-cores", "cc", &[], "template"),
];
/// Of these, the one for a kernel with more than one core.
const CORES: usize = COMPILERS.len() - 1;

pub fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = (0..CORES)
        .map(|index| {
            Step::new(format!("port file, strict C99, {}", COMPILERS[index].0), move || {
                every_config(index)
            })
        })
        .collect();
    steps.push(Step::new("port file without dynamic allocation says so", no_dynamic_allocation));
    steps.push(Step::new("port file, critical lock, kernel for two cores", two_cores));
    steps
}

fn every_config(compiler: usize) -> Result<Tally> {
    for (name, extra) in CONFIGS {
        compile(compiler, extra)?.or_fail().with_context(|| format!("FreeRTOSConfig.h: {name}"))?;
    }
    Ok(Tally::counted(CONFIGS.len(), format!("{} configurations", CONFIGS.len())))
}

fn no_dynamic_allocation() -> Result<Tally> {
    let ran = compile(
        0,
        "#define configSUPPORT_DYNAMIC_ALLOCATION 0\n#define configSUPPORT_STATIC_ALLOCATION 1",
    )?;
    ensure!(!ran.success, "it compiled");
    ensure!(ran.output.contains("configSUPPORT_DYNAMIC_ALLOCATION"), "no sentence: {}", ran.output);
    Ok(Tally::passed(""))
}

/// The kernel's template of a port for several cores: both of its locks are asked for, which are spin locks there.
fn two_cores() -> Result<Tally> {
    let extra = "#define FIRMHEAP_LOCK critical\n#define configNUMBER_OF_CORES 2\n\
        #undef configUSE_PORT_OPTIMISED_TASK_SELECTION\n#define configUSE_PORT_OPTIMISED_TASK_SELECTION 0\n\
        #define configRUN_MULTIPLE_PRIORITIES 1\n#define configUSE_CORE_AFFINITY 0\n\
        #define configUSE_PASSIVE_IDLE_HOOK 0\n#define configSTACK_DEPTH_TYPE uint32_t\n\
        extern int xInsideInterrupt( void );\n#define FIRMHEAP_INSIDE_INTERRUPT() xInsideInterrupt()";
    compile(CORES, extra)?.or_fail()?;
    let object = paths::work("port").join("two-cores/firmheap_port.o");
    let symbols = symbols::read(&object, &targets::host()?)?;
    let needs = [
        "vTaskEnterCritical",
        "vTaskExitCritical",
        "vTaskEnterCriticalFromISR",
        "vTaskExitCriticalFromISR",
    ];
    let asks = |name: &str| symbols.iter().any(|symbol| symbol.name == name);
    for name in needs {
        ensure!(asks(name), "{name} is not asked for");
    }
    ensure!(!asks("vTaskSuspendAll"), "the scheduler, too");
    Ok(Tally::counted(needs.len() + 1, ""))
}

fn compile(compiler: usize, extra: &str) -> Result<Ran> {
    let (name, program, flags, port) = COMPILERS[compiler];
    let kernel = kernel::folder()?;
    let config = config(name, extra)?;
    let ports = kernel.join("portable").join(port);
    let system = |folder: PathBuf| ["-isystem".into(), folder.into_os_string()];
    Program::new(program)
        .args(flags)
        .args(STRICT)
        .args(system(kernel.join("include")))
        .args(system(ports))
        .arg("-I")
        .arg(&config)
        .arg("-I")
        .arg(paths::root().join("include"))
        .arg("-c")
        .arg(paths::root().join("port/firmheap_port.c"))
        .arg("-o")
        .arg(config.join("firmheap_port.o"))
        .run()
}

/// The small firmware's configuration with more at its end.
fn config(compiler: &str, extra: &str) -> Result<PathBuf> {
    let folder = paths::work("port").join(compiler.replace([',', ' '], "-"));
    fs::create_dir_all(&folder)?;
    let base = fs::read_to_string(paths::root().join("xtask/firmware/FreeRTOSConfig.h"))?;
    let end = base.rfind("#endif").context("FreeRTOSConfig.h has no include guard")?;
    fs::write(
        folder.join("FreeRTOSConfig.h"),
        format!("{}{extra}\n{}", &base[..end], &base[end..]),
    )?;
    Ok(folder)
}
