// Embeds VM Management in your page. Copy this file; it has no dependencies.
//
//   embedVmManagement({
//     portal: "https://vmm.example",           // the origin of the portal
//     place: document.getElementById("place"), // the element that receives the frame
//     title: "VM Management",                  // the frame's name for screen readers
//     route: "/instances",                     // the first page
//     assertion: async (nonce) => …,           // returns an assertion of the signed-in user from your back end
//     onRoute, onTitle, onActivity,            // optional callbacks
//   })

const MESSAGE_CHARS_MAX = 8 * 1024;
const HEIGHT_PX_MAX = 20_000;
const END_MS = 1_000;
const NONCE = /^[0-9a-f]{32}$/;
const PAGE =
  /^\/(?:(?:accounts|calendar|coverage|customers|enrollment|exceptions|exposure|instances|updates|runs|search|software|changes|trends|service-level)(?:\/(?!\.{1,2}(?:[/?]|$))(?:[A-Za-z0-9_.:-]|%2B|%20){1,128}){0,4})?(?:\?[^#]{0,512})?$/;

/** Returns the message if it can be one of the frame, and null otherwise. */
function read(data) {
  if (typeof data !== "object" || data === null || Array.isArray(data) || typeof data.t !== "string") return null;
  return JSON.stringify(data).length <= MESSAGE_CHARS_MAX ? data : null;
}

export function embedVmManagement({ portal, place, title, route, assertion, onRoute, onTitle, onActivity }) {
  const frame = document.createElement("iframe");
  frame.title = title ?? "VM Management";
  frame.referrerPolicy = "no-referrer";
  // A border would be part of the height that the frame requests.
  frame.style.border = "0";
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups");
  let port = null;
  let tellEnded = () => {};

  // Without a signed-in user there is no assertion: the frame times out and shows a message.
  const signed = (nonce) => assertion(nonce).catch(() => null);

  // The frame sends the first message, so the listener is added before the frame.
  const listener = async (event) => {
    if (event.origin !== portal || event.source !== frame.contentWindow) return;
    const message = read(event.data);
    if (message?.t !== "vmm:hello" || message.v !== 1 || !NONCE.test(message.nonce)) return;
    const jwt = await signed(message.nonce);
    if (jwt === null) return;
    const channel = new MessageChannel();
    port?.close();
    port = channel.port1;
    port.onmessage = (heard) => hear(read(heard.data));
    frame.contentWindow?.postMessage({ t: "vmm:assertion", jwt }, portal, [channel.port2]);
  };

  async function hear(message) {
    if (message?.t === "vmm:renew" && NONCE.test(message.nonce)) {
      const to = port;
      const jwt = await signed(message.nonce);
      if (jwt !== null) to?.postMessage({ t: "vmm:assertion", jwt });
    } else if (message?.t === "vmm:height" && Number.isInteger(message.px)) {
      frame.style.height = `${Math.min(Math.max(message.px, 0), HEIGHT_PX_MAX)}px`;
    } else if (message?.t === "vmm:route" && PAGE.test(message.path)) {
      onRoute?.(message.path);
    } else if (message?.t === "vmm:title" && typeof message.title === "string") {
      onTitle?.(message.title);
    } else if (message?.t === "vmm:activity") {
      onActivity?.();
    } else if (message?.t === "vmm:ended") {
      tellEnded();
    }
  }

  window.addEventListener("message", listener);
  frame.src = `${portal}/embed/?route=${encodeURIComponent(route ?? "/")}`;
  place.append(frame);
  return {
    frame,
    /** Shows another page in the frame. */
    navigate: (path) => port?.postMessage({ t: "vmm:navigate", path }),
    /** Ends the frame's session. Call and await it when the user signs out of your page. */
    end: () => {
      const ended = new Promise((resolve) => {
        tellEnded = resolve;
        setTimeout(resolve, END_MS);
      });
      port?.postMessage({ t: "vmm:logout" });
      return ended;
    },
    /** Removes the frame from the page. */
    remove: () => {
      window.removeEventListener("message", listener);
      port?.close();
      frame.remove();
    },
  };
}
