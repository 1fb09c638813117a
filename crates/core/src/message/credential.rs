//! Messages of the area `credential`: how hosts are logged in to.

catalogue! { "credential";
    bad_key(why) "Cannot read the private key: {why}\nhint: give the whole file, from its line `-----BEGIN …` to its line `-----END …`";
    key_encrypted() "The private key is encrypted\nhint: give its `passphrase` too";
    wrong_passphrase() "The passphrase does not open the private key";
    not_encrypted() "The private key is not encrypted\nhint: leave out `passphrase`";
    bad_certificate(why) "Cannot use the certificate: {why}\nhint: give the whole `-cert.pub` file of a user's certificate, one line";
    other_key() "The certificate is for another key than the private key\nhint: have the public key of this credential signed";
    needs(kind, field) "A credential of the kind `{kind}` needs `{field}`";
    not_of_kind(kind, field) "A credential of the kind `{kind}` has no `{field}`";
    generate_or_give() "Either `generate` a key pair or give a `private_key`, not both";
    bad_login(login) "`{login}` is not a login name\nhint: no white space, no control characters, and no `-` at its beginning";
    no_key_in(name) "The credential `{name}` has no key that a host could let in\nhint: make one with `hep credential create NAME kind=key generate=true`";
    key_not_taken(host, name, why) "{host} has the key of `{name}` now, but does not let it in: {why}\nhint: see `AuthorizedKeysFile` and `PubkeyAuthentication` of its sshd; the register was not changed";
    used(name, hosts) "Cannot delete the credential `{name}`: it is used by {hosts}\nhint: give these hosts another one first";
}
