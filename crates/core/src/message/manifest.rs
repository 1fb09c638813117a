//! Messages of the area `manifest`: YAML, Vault and the manifest language.

catalogue! { "manifest";
    yaml_syntax(why) "Cannot read the file as YAML: {why}\nhint: look at this line and the one before it: the indentation, and quotes that are not closed";
    yaml_tab(why) "Cannot read the file as YAML: {why}\nhint: this line is indented with a tab; YAML wants spaces";
    yaml_colon(why) "Cannot read the file as YAML: {why}\nhint: text that holds `: ` must be quoted, and a key must stand as deep as its neighbours";
    yaml_unquoted_template(why) "Cannot read the file as YAML: {why}\nhint: a value that begins with a template must be quoted as a whole";
    yaml_depth(limit) "Cannot read the file: it is nested deeper than {limit} levels\nhint: YAML this deep is generated or broken; flatten it";
    yaml_alias_of_itself() "Cannot resolve the alias: it stands within the value that it names\nhint: write the value out";
    yaml_expansion(limit) "Cannot read the file: its aliases expand to more than {limit} values\nhint: write the values out, or move them into variables";
    yaml_tag(tag) "Cannot read the value: the tag `{tag}` is not known\nhint: `!vault`, `!unsafe` and the plain YAML tags can be used here";
    yaml_tag_value(tag, text) "Cannot read `{text}` as `{tag}`\nhint: correct the value, or remove the tag";
    yaml_binary(why) "Cannot read the `!!binary` value: {why}\nhint: it must be base64 of UTF-8 text";
    yaml_key() "Cannot use a list or a mapping as a key\nhint: a value that begins with a template must be quoted as a whole";
    yaml_merge() "Cannot merge with `<<`: the value is neither a mapping nor a list of mappings\nhint: give the anchor of a mapping";
    duplicate_key(key, line) "Cannot read the mapping: the key `{key}` stands twice, first in line {line}\nhint: remove one of the two";
    several_documents() "Cannot read the file: it holds more than one YAML document\nhint: remove the second `---`, or make it a file of its own";
    vault_without_password() "Cannot open the encrypted value: there is no Vault password\nhint: give `--vault-password-file FILE` or `--ask-vault-pass`";
    vault_file_without_password(file) "Cannot open the encrypted file `{file}`: there is no Vault password\nhint: give `--vault-password-file FILE` or `--ask-vault-pass`";
    vault_password(label) "Cannot open what is encrypted under the Vault id `{label}`: none of the given passwords fits\nhint: check `--vault-password-file`; it must hold the password this was encrypted with";
    vault_version(version) "Cannot open what is encrypted: Vault format {version} is not supported\nhint: encrypt it anew with `ansible-vault rekey`, which writes format 1.1 or 1.2";
    vault_cipher(cipher) "Cannot open what is encrypted: the cipher `{cipher}` is not supported\nhint: encrypt it anew with `ansible-vault rekey`, which uses AES256";
    vault_broken(why) "Cannot open what is encrypted: {why}\nhint: the text was cut or changed; take it from a backup or encrypt it anew";
    vault_text() "Cannot use what was decrypted: it is not UTF-8 text\nhint: only text can be kept in a manifest or a variable file";
}
