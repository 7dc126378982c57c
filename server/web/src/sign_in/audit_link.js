// Takes an auditor's link out of the address, where only this browser has it, into the form of its page.
const code = location.hash.slice(1);
if (code) {
  const field = document.querySelector("#audit-link input[name=token]");
  field.value = code;
  field.parentElement.hidden = true;
  history.replaceState(null, "", location.pathname);
}
