//! Words of repositories.

super::words! {
    repositories_title() en "Repositories" pt "Repositórios" es "Repositorios";
    repositories_intro() en "A repository is where manifests are kept with git, outside of Hephaestus. Jobs take them from there each time they run." pt "Um repositório é onde os manifestos ficam guardados com git, fora do Hephaestus. As tarefas os buscam lá a cada execução." es "Un repositorio es donde se guardan manifiestos con git, fuera de Hephaestus. Los trabajos los toman de allí en cada ejecución.";
    repositories_add() en "Add a repository" pt "Adicionar repositório" es "Añadir repositorio";
    repositories_none() en "No repository yet" pt "Nenhum repositório ainda" es "Aún no hay repositorios";
    repositories_loss() en "Only Hephaestus forgets it: the repository itself is not touched. It can be removed once no job uses it." pt "Só o Hephaestus o esquece: o repositório em si não é tocado. Pode ser removido quando nenhuma tarefa o usa." es "Solo Hephaestus lo olvida: el repositorio en sí no se toca. Se puede eliminar cuando ningún trabajo lo usa.";
    repositories_url() en "Address" pt "Endereço" es "Dirección";
    repositories_url_hint(https, ssh) en "As git has it: {https} or {ssh}" pt "Como no git: {https} ou {ssh}" es "Como en git: {https} o {ssh}";
    repositories_revision() en "Branch, tag or commit" pt "Ramo, etiqueta ou commit" es "Rama, etiqueta o commit";
    repositories_revision_hint() en "Empty: what the repository itself chooses." pt "Vazio: o que o próprio repositório escolhe." es "Vacío: lo que elija el propio repositorio.";
    repositories_folder() en "Folder" pt "Pasta" es "Carpeta";
    repositories_folder_hint() en "Only what lies in this folder. Empty: everything." pt "Apenas o que está nesta pasta. Vazio: tudo." es "Solo lo que hay en esta carpeta. Vacío: todo.";
    repositories_credential_hint() en "For https a password, for ssh a key. None where everybody may read it." pt "Para https uma senha, para ssh uma chave. Nenhuma se todos podem ler." es "Para https una contraseña, para ssh una clave. Ninguna si todos pueden leerlo.";
    repositories_keys() en "Keys of its host" pt "Chaves do seu servidor" es "Claves de su servidor";
    repositories_keys_hint() en "For ssh: lines as a known_hosts file has them. Empty: those that the server's own user knows." pt "Para ssh: linhas como em um arquivo known_hosts. Vazio: as que o usuário do servidor conhece." es "Para ssh: líneas como en un archivo known_hosts. Vacío: las que conoce el usuario del servidor.";
}
