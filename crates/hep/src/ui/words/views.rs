//! Words of the views that people keep.

super::words! {
    views_title() en "Views" pt "Visões" es "Vistas";
    views_intro() en "A view is a list that you want to see again as it is: its filter, its columns and its order, under a name. Save one beside the list." pt "Uma visão é uma lista que você quer ver de novo como está: o filtro, as colunas e a ordem, sob um nome. Salve-a ao lado da lista." es "Una vista es una lista que quiere volver a ver tal como está: su filtro, sus columnas y su orden, con un nombre. Guárdela junto a la lista.";
    views_add() en "Add a view" pt "Adicionar visão" es "Añadir vista";
    views_none() en "No view yet" pt "Nenhuma visão ainda" es "Aún no hay vistas";
    views_loss() en "Only the view goes. Nothing happens to what it shows." pt "Só a visão deixa de existir. Nada acontece com o que ela mostra." es "Solo desaparece la vista. A lo que muestra no le pasa nada.";
    views_list() en "List" pt "Lista" es "Lista";
    views_whose() en "Who has it" pt "Quem a tem" es "Quién la tiene";
    views_own() en "only you" pt "só você" es "solo usted";
    views_everybody() en "everybody" pt "todos" es "todos";
    views_see() en "See it" pt "Ver" es "Ver";
    views_open() en "Open the list" pt "Abrir a lista" es "Abrir la lista";
    views_query() en "Filter, columns and order" pt "Filtro, colunas e ordem" es "Filtro, columnas y orden";
    views_query_hint(example) en "As in the address of the list, behind the question mark: {example}" pt "Como no endereço da lista, depois do ponto de interrogação: {example}" es "Como en la dirección de la lista, después del signo de interrogación: {example}";
    views_share() en "Everybody shall have it" pt "Compartilhar com todos" es "Compartir con todos";
    views_save() en "Save this view" pt "Salvar esta visão" es "Guardar esta vista";
    views_name() en "Name of the view" pt "Nome da visão" es "Nombre de la vista";
    views_saved(name) en "The view {name} was saved." pt "A visão {name} foi salva." es "Se guardó la vista {name}.";
    views_all() en "All views" pt "Todas as visões" es "Todas las vistas";
}
