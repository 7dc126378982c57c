//! The pages of the embedding portal.

use super::{
    super::demo_enrollment::{ACCOUNTS, Machine},
    User,
};
use muster_model::viewer::ViewerRole;
use muster_web::error_pages::escape;

fn document(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/style.css\">\n{head}</head>\n\
         <body>\n{body}</body>\n</html>\n"
    )
}

pub fn sign_in(users: &[User]) -> String {
    let buttons: String = users
        .iter()
        .map(|user| {
            format!(
                "<li><button type=\"submit\" name=\"person\" value=\"{}\">{}</button>\n<p><b>{}</b>, sees {}</p></li>\n",
                user.person.code,
                escape(&user.person.identity.name),
                ViewerRole::from(&user.person.identity.role).name(),
                escape(&user.person.sees)
            )
        })
        .collect();
    let body = format!(
        "<main class=\"door\">\n<h1>Manage portal</h1>\n\
         <p>An example of a hoster's portal that embeds VM Management. Sign in as</p>\n\
         <form method=\"post\" action=\"/sign-in\">\n<ul>\n{buttons}</ul>\n</form>\n</main>\n"
    );
    document("Sign in · Manage portal", "", &body)
}

fn head(user: &User, current: &str) -> String {
    format!(
        "<header>\n<a class=\"name\" href=\"/\">Manage portal</a>\n<nav aria-label=\"Main\">\n<ul>\n\
         <li><details class=\"menu\"><summary>My Accounts</summary>\n<div>\n<h2>Services</h2>\n<ul>\n\
         <li><a href=\"/vm-management\"{current}>VM Management</a></li>\n</ul>\n</div></details></li>\n\
         </ul>\n</nav>\n<form id=\"sign-out\" method=\"post\" action=\"/sign-out\">\n<span>{}</span>\n\
         <button type=\"submit\">Sign out</button>\n</form>\n</header>\n",
        escape(&user.person.identity.name)
    )
}

pub fn home(user: &User, machines: &[Machine]) -> String {
    let buttons = ACCOUNTS.map(|account| {
        format!(
            "<button type=\"submit\" name=\"provider\" value=\"{}\">Start {}</button>\n",
            account.provider, account.machine
        )
    });
    let rows: String = machines
        .iter()
        .map(|it| format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(&it.name), escape(&it.said)))
        .collect();
    let table = match machines.is_empty() {
        true => String::new(),
        false => format!(
            "<table><thead><tr><th>Machine</th><th>What happened last</th></tr></thead>\n<tbody>{rows}</tbody></table>\n"
        ),
    };
    let body = format!(
        "{}<main>\n<h1>Welcome, {}</h1>\n\
         <p>This page represents the portal that your customers know. Open <b>My Accounts</b>, then \
         <b>VM Management</b> under Services. It is embedded from another origin, and you are signed in to it.</p>\n\
         <p><a class=\"way\" href=\"/vm-management\">VM Management</a></p>\n\
         <h2>Enroll a machine</h2>\n<p>It proves to the enrollment server what it is, gets its activation, and registers, as by \
         the start-up script. Its account appears in the portal with it. The first dedicated server waits until an operator \
         approves its account.</p>\n\
         <form class=\"machines\" method=\"post\" action=\"/machines\">\n{}</form>\n{table}</main>\n",
        head(user, ""),
        escape(&user.person.identity.name),
        buttons.concat()
    );
    // Until the last machine has ended, the page shows what happens.
    let refresh = match machines.iter().all(|machine| machine.is_done) {
        true => "",
        false => "<meta http-equiv=\"refresh\" content=\"2\">\n",
    };
    document("Manage portal", refresh, &body)
}

pub fn frame(user: &User, portal: &str) -> String {
    let body = format!(
        "{}<main class=\"wide\">\n<h1>VM Management</h1>\n\
         <div id=\"vm-management\" data-portal=\"{}\"></div>\n</main>\n",
        head(user, " aria-current=\"page\""),
        escape(portal)
    );
    document("VM Management · Manage portal", "<script type=\"module\" src=\"/page.js\"></script>\n", &body)
}
