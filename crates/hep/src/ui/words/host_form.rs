//! Words of telling about a host, changing it and taking it out.

super::words! {
    host_name() en "Name" pt "Nome" es "Nombre";
    host_name_hint() en "What you call it: letters, digits, dots and dashes." pt "Como você o chama: letras, dígitos, pontos e hifens." es "Cómo lo llama: letras, dígitos, puntos y guiones.";
    host_address_hint() en "Where it is: an IP address or a host name. Empty means that its name is its address." pt "Onde está: um endereço IP ou nome de máquina. Vazio significa que o nome é o endereço." es "Dónde está: una dirección IP o nombre de máquina. Vacío significa que su nombre es su dirección.";
    host_port() en "SSH port" pt "Porta SSH" es "Puerto SSH";
    host_login() en "How to sign in there" pt "Como entrar nele" es "Cómo entrar en él";
    host_user() en "User on the host" pt "Usuário no servidor" es "Usuario en el servidor";
    host_login_how() en "Hephaestus signs in" pt "O Hephaestus entra" es "Hephaestus entra";
    host_login_node() en "With the keys of the Hephaestus server" pt "Com as chaves do servidor Hephaestus" es "Con las claves del servidor Hephaestus";
    host_login_password() en "With a password" pt "Com uma senha" es "Con una contraseña";
    host_login_key() en "With a private key" pt "Com uma chave privada" es "Con una clave privada";
    host_login_known() en "With a credential that is already here" pt "Com uma credencial já cadastrada" es "Con una credencial ya registrada";
    host_login_not_yours() en "Somebody with the right to secrets says how Hephaestus signs in there." pt "Quem tem o direito a segredos define como o Hephaestus entra nele." es "Quien tiene el derecho a secretos define cómo entra Hephaestus en él.";
    host_private_key() en "Private key" pt "Chave privada" es "Clave privada";
    host_passphrase() en "Passphrase of the key, if it has one" pt "Frase secreta da chave, se houver" es "Frase de contraseña de la clave, si la tiene";
    host_become_password() en "Password for sudo, if it asks for one" pt "Senha do sudo, se ele pedir" es "Contraseña de sudo, si la pide";
    host_become_hint() en "Kept sealed. Nobody can see it again." pt "Guardada de forma selada. Ninguém poderá vê-la de novo." es "Se guarda sellada. Nadie podrá verla de nuevo.";
    host_credential() en "Credential" pt "Credencial" es "Credencial";
    host_become_credential() en "Credential for sudo" pt "Credencial do sudo" es "Credencial de sudo";
    host_credential_none() en "none" pt "nenhuma" es "ninguna";
    host_labels_hint() en "One a line: name=value. Selectors can name them." pt "Um por linha: nome=valor. Seletores podem usá-los." es "Una por línea: nombre=valor. Los selectores pueden usarlas.";
    host_notes() en "Notes" pt "Observações" es "Notas";
    host_further() en "Further settings" pt "Mais configurações" es "Más ajustes";
    host_jump() en "By way of" pt "Por meio de" es "A través de";
    host_jump_hint() en "Hosts that the way leads through, with commas." pt "Servidores pelos quais se passa, separados por vírgulas." es "Servidores por los que se pasa, separados por comas.";
    host_zone() en "Zone" pt "Zona" es "Zona";
    host_mac() en "Hardware address (to wake it)" pt "Endereço físico (para ligá-lo pela rede)" es "Dirección física (para despertarlo)";
    host_enabled() en "Runs may use it" pt "Execuções podem usá-lo" es "Las ejecuciones pueden usarlo";
    host_legacy() en "Offer old algorithms (an SSH server from before 2014)" pt "Oferecer algoritmos antigos (servidor SSH anterior a 2014)" es "Ofrecer algoritmos antiguos (servidor SSH anterior a 2014)";
    host_added(name) en "{name} was added. Next, ask it for its key and approve that." pt "{name} foi adicionado. Agora peça a chave dele e aprove-a." es "{name} se añadió. Ahora pida su clave y apruébela.";
    host_added_decide(name) en "{name} was added and has shown its key. Compare the fingerprint and approve it: then Hephaestus can sign in." pt "{name} foi adicionado e mostrou sua chave. Compare a impressão digital e aprove-a: então o Hephaestus poderá entrar." es "{name} se añadió y mostró su clave. Compare la huella y apruébela: entonces Hephaestus podrá entrar.";
    host_changed(name) en "{name} was changed." pt "{name} foi alterado." es "{name} se cambió.";
    remove_do() en "Remove" pt "Remover" es "Eliminar";
    remove_title(name) en "Remove {name} from the register?" pt "Remover {name} do cadastro?" es "¿Eliminar {name} del registro?";
    remove_explained(name) en "Hephaestus forgets {name}: its address, its key, its labels. Nothing happens to the machine itself." pt "O Hephaestus esquece {name}: endereço, chave e rótulos. Nada acontece com a máquina." es "Hephaestus olvida {name}: su dirección, su clave y sus etiquetas. A la máquina no le pasa nada.";
    remove_groups(groups) en "It leaves these groups: {groups}" pt "Sai destes grupos: {groups}" es "Sale de estos grupos: {groups}";
    remove_runs(many) en "Its past runs stay to be read: {many}" pt "Suas execuções anteriores continuam disponíveis: {many}" es "Sus ejecuciones pasadas se pueden seguir leyendo: {many}";
    remove_done(name) en "{name} was removed from the register." pt "{name} foi removido do cadastro." es "{name} se eliminó del registro.";
}
