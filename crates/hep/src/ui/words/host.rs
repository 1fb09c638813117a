//! Words of one host.

super::words! {
    host_since(when) en "since {when}" pt "desde {when}" es "desde {when}";
}
