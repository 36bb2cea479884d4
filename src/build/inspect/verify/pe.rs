//! What Windows machines have, and what they do not.

use super::{Finding, Level, Role, error, verify_kind, warning};
use crate::build::inspect::Pe;

pub(super) fn verify(pe: &Pe, role: Role) -> Vec<Finding> {
    let mut findings = Vec::from_iter(verify_kind(pe.kind, role));
    findings.extend(pe.libraries.iter().filter_map(|name| verify_dll(name)));
    findings.extend(pe.delayed.iter().filter_map(|name| verify_dll(name)).map(|finding| Finding {
        // It starts without the library, and may never come to use it.
        level: Level::Warning,
        ..finding
    }));
    findings
}

fn verify_dll(name: &str) -> Option<Finding> {
    // Libraries of compilers, which no Windows has.
    const RUNTIMES: [(&str, &str); 7] = [
        ("vcruntime140", "build it with `-C target-feature=+crt-static`, or for a `-gnullvm` triple"),
        ("msvcp", "link the C++ library statically (`/MT`)"),
        ("msvcr1", "link the C library statically (`/MT`)"),
        ("libgcc", "link it with zig, or with `-static-libgcc`"),
        ("libstdc++", "link it with `-static-libstdc++`"),
        ("libunwind", "link it with zig, or with `-static`"),
        ("libwinpthread", "link it with zig, or with `-static`"),
    ];
    let lower = name.to_ascii_lowercase();
    if let Some((_, help)) = RUNTIMES.iter().find(|(runtime, _)| lower.starts_with(runtime)) {
        return Some(error(format!("it needs {name}, which users' machines do not have"), help));
    }
    (!is_windows_dll(&lower)).then(|| {
        warning(
            format!("it needs {name}, which is no library of Windows that is known here"),
            "check that every Windows has it, or that it is among the host files",
        )
    })
}

/// DLLs that Windows 10 and later bring, without their ending.
const SYSTEM: &str = "\
    advapi32 authz avrt bcrypt bcryptprimitives cabinet cfgmgr32 combase comctl32 comdlg32 computecore \
    credui crypt32 cryptbase cryptnet d2d1 d3d11 d3d12 dbghelp dnsapi dwmapi dwrite dxgi fltlib fwpuclnt \
    gdi32 gdiplus hid httpapi imm32 iphlpapi kernel32 kernelbase mpr mscoree msi msvcrt mswsock ncrypt \
    netapi32 normaliz ntdll ole32 oleacc oleaut32 opengl32 pdh powrprof propsys psapi rpcrt4 sechost \
    secur32 setupapi shcore shell32 shlwapi synchronization ucrtbase user32 userenv usp10 uxtheme \
    version virtdisk vmcompute websocket wevtapi winhttp wininet winmm winscard wintrust wlanapi wldap32 \
    ws2_32 wsock32 wtsapi32";

/// Whether Windows 10 and later bring a DLL of this lower-case name.
fn is_windows_dll(name: &str) -> bool {
    name.starts_with("api-ms-win-")
        || name.starts_with("ext-ms-")
        || name.strip_suffix(".dll").is_some_and(|stem| SYSTEM.split_whitespace().any(|known| known == stem))
        || name == "winspool.drv"
}
