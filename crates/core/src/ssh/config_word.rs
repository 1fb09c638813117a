//! The keywords of `ssh_config(5)` that have no effect here: which may be ignored, and which must not.
//! Source: the table of keywords in OpenSSH 10.0, `readconf.c`.

use crate::suggest;

/// What a keyword is to us.
pub(super) enum Word {
    /// It may be ignored: it changes neither where nor as whom we connect, nor whom we trust.
    Harmless,
    /// It must not be ignored, unless it has one of these values.
    Refused(&'static [&'static str]),
    /// OpenSSH 10.0 has no such keyword: one of a later version, or a slip of the pen.
    Unknown,
}

/// Values that switch a keyword off.
const OFF: &[&str] = &["no", "none", "false", "off"];

/// Keywords that change the way to a host or whom we trust, with the values that do not.
const REFUSED: &[(&str, &[&str])] = &[
    ("addressfamily", &["any"]),
    ("bindaddress", &[]),
    ("bindinterface", &[]),
    ("canonicalizehostname", OFF),
    ("casignaturealgorithms", &[]),
    ("hostbasedauthentication", OFF),
    ("knownhostscommand", OFF),
    ("proxycommand", OFF),
    ("proxyusefdpass", OFF),
    ("revokedhostkeys", OFF),
];

const HARMLESS: &[&str] = &[
    "addkeystoagent",
    "afstokenpassing",
    "batchmode",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "challengeresponseauthentication",
    "channeltimeout",
    "checkhostip",
    "cipher",
    "clearallforwardings",
    "compression",
    "compressionlevel",
    "connectionattempts",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dsaauthentication",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fallbacktorsh",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "globalknownhostsfile2",
    "gssapiauthentication",
    "gssapiclientidentity",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiserveridentity",
    "gssapitrustdns",
    "hostbasedacceptedalgorithms",
    "hostbasedkeytypes",
    "ignoreunknown",
    "ipqos",
    "kbdinteractiveauthentication",
    "kbdinteractivedevices",
    "keepalive",
    "kerberosauthentication",
    "kerberostgtpassing",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "passwordauthentication",
    "permitlocalcommand",
    "permitremoteopen",
    "pkcs11provider",
    "preferredauthentications",
    "protocol",
    "pubkeyauthentication",
    "refuseconnection",
    "rekeylimit",
    "remotecommand",
    "remoteforward",
    "requesttty",
    "requiredrsasize",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "securitykeyprovider",
    "sendenv",
    "sessiontype",
    "setenv",
    "skeyauthentication",
    "smartcarddevice",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tag",
    "tcpkeepalive",
    "tisauthentication",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "useprivilegedport",
    "usersh",
    "userknownhostsfile2",
    "useroaming",
    "verifyhostkeydns",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
];

/// Keywords that have an effect, for the nearest one to an unknown word.
const HONOURED: &[&str] = &[
    "certificatefile",
    "ciphers",
    "connecttimeout",
    "globalknownhostsfile",
    "hashknownhosts",
    "hostkeyalgorithms",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "kexalgorithms",
    "macs",
    "port",
    "proxyjump",
    "pubkeyacceptedalgorithms",
    "serveralivecountmax",
    "serveraliveinterval",
    "stricthostkeychecking",
    "user",
    "userknownhostsfile",
];

/// What a keyword without effect is, in lower case.
pub(super) fn of(keyword: &str) -> Word {
    if let Some((_, without)) = REFUSED.iter().find(|(name, _)| *name == keyword) {
        return Word::Refused(without);
    }
    // Those with an effect come here where an earlier line has decided.
    let is_known = HARMLESS.contains(&keyword) || HONOURED.contains(&keyword);
    if is_known { Word::Harmless } else { Word::Unknown }
}

/// The keyword that must not be ignored and that an unknown word may be meant to be.
pub(super) fn near(keyword: &str) -> Option<&'static str> {
    let refused = REFUSED.iter().map(|(name, _)| *name);
    suggest::closest(keyword, HONOURED.iter().copied().chain(refused))
}
