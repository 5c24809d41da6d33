/* Meridian's chat on a page of the store:
 *   <script src="https://HOST/widget.js" data-account="ACCOUNT_ID" defer></script>
 * Optional: data-lang (BCP 47; else the page's, else the browser's), data-name, data-email,
 * data-color (the button's, a CSS colour), data-side="left".
 *
 * One script, no framework, in a shadow tree of its own. What is typed is never lost: messages wait
 * in localStorage until the server has kept them, each with an id of its own, so that none comes
 * twice. Frames: services/intake/intake/channels/chat.py.
 */
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || !script.dataset.account) {
    console.error("meridian: the script needs data-account");
    return;
  }
  const account = script.dataset.account;
  const http = new URL(`/chat/${encodeURIComponent(account)}`, script.src);
  const socketUrl = http.href.replace(/^http/, "ws");
  const STORE = `meridian-chat-${http.host}-${account}`;
  const MOST_SHOWN = 200;

  const WORDS = {
    en: ["Chat with us", "How can we help?", "Write a message", "Send", "Attach a file", "Close",
      "Connecting …", "Someone is writing …", "Not sent: ", "sending …", "You", "Support",
      "Please try again later."],
    de: ["Chat mit uns", "Wie können wir helfen?", "Nachricht schreiben", "Senden", "Datei anhängen",
      "Schließen", "Verbindung wird hergestellt …", "Jemand schreibt …", "Nicht gesendet: ",
      "wird gesendet …", "Sie", "Kundendienst",
      "Bitte versuchen Sie es später noch einmal."],
    es: ["Chatea con nosotros", "¿En qué podemos ayudarte?", "Escribe un mensaje", "Enviar",
      "Adjuntar un archivo", "Cerrar", "Conectando …", "Alguien está escribiendo …", "No enviado: ",
      "enviando …", "Tú", "Atención al cliente",
      "Inténtalo de nuevo más tarde."],
    fr: ["Discuter avec nous", "Comment pouvons-nous vous aider ?", "Écrire un message", "Envoyer",
      "Joindre un fichier", "Fermer", "Connexion …", "Quelqu’un écrit …", "Non envoyé : ",
      "envoi …", "Vous", "Service client",
      "Réessayez plus tard."],
    it: ["Chatta con noi", "Come possiamo aiutarti?", "Scrivi un messaggio", "Invia",
      "Allega un file", "Chiudi", "Connessione …", "Qualcuno sta scrivendo …", "Non inviato: ",
      "invio …", "Tu", "Assistenza",
      "Riprova più tardi."],
    pt: ["Fale conosco", "Como podemos ajudar?", "Escreva uma mensagem", "Enviar",
      "Anexar um arquivo", "Fechar", "Conectando …", "Alguém está escrevendo …", "Não enviada: ",
      "enviando …", "Você", "Atendimento",
      "Tente de novo mais tarde."],
    ja: ["チャットで問い合わせ", "ご用件をお聞かせください", "メッセージを入力", "送信",
      "ファイルを添付", "閉じる", "接続しています…", "入力中です…", "送信できませんでした：",
      "送信中…", "あなた", "サポート",
      "しばらくしてからお試しください。"],
    ko: ["채팅 문의", "무엇을 도와드릴까요?", "메시지를 입력하세요", "보내기", "파일 첨부", "닫기",
      "연결 중…", "입력 중입니다…", "보내지 못했습니다: ", "보내는 중…", "나", "고객 지원",
      "나중에 다시 시도해 주세요."],
    "zh-Hans": ["联系我们", "有什么可以帮您？", "输入消息", "发送", "添加文件", "关闭", "正在连接…",
      "对方正在输入…", "未发送：", "发送中…", "您", "客服",
      "请稍后再试。"],
    "zh-Hant": ["聯絡我們", "有什麼可以幫您？", "輸入訊息", "傳送", "加入檔案", "關閉", "正在連線…",
      "對方正在輸入…", "未傳送：", "傳送中…", "您", "客服",
      "請稍後再試。"],
    ar: ["تحدث معنا", "كيف يمكننا مساعدتك؟", "اكتب رسالة", "إرسال", "إرفاق ملف", "إغلاق",
      "جارٍ الاتصال …", "يكتب أحدهم الآن …", "لم تُرسل: ", "جارٍ الإرسال …", "أنت", "خدمة العملاء",
      "يرجى المحاولة لاحقاً."],
  };
  const NAMES = ["launch", "greeting", "write", "send", "attach", "close", "connecting", "typing",
    "unsent", "sending", "you", "them", "later"];

  const wanted = script.dataset.lang || document.documentElement.lang || navigator.language || "en";
  const language = pick(wanted);
  const words = Object.fromEntries(NAMES.map((name, n) => [name, WORDS[language][n]]));

  function pick(tag) {
    const parts = tag.replace(/_/g, "-").split("-");
    const primary = parts[0].toLowerCase();
    if (primary === "zh" || primary === "yue") {
      const isTraditional = parts.some((one) => /^(hant|tw|hk|mo)$/i.test(one));
      const isSimplified = parts.some((one) => /^hans$/i.test(one));
      return (isTraditional || primary === "yue") && !isSimplified ? "zh-Hant" : "zh-Hans";
    }
    return WORDS[primary] ? primary : "en";
  }

  /* ---- what outlives the page ---- */
  const kept = load();

  function load() {
    const fresh = { resume: null, shown: [], waiting: [], unread: 0 };
    try {
      return Object.assign(fresh, JSON.parse(localStorage.getItem(STORE) || "{}"));
    } catch {
      return fresh;
    }
  }

  function save() {
    kept.shown = kept.shown.slice(-MOST_SHOWN);
    try {
      localStorage.setItem(STORE, JSON.stringify(kept));
    } catch {
      /* storage is full or forbidden: the chat works until the page is left */
    }
  }

  /* ---- what is seen ---- */
  const host = document.createElement("div");
  host.lang = language;
  host.dir = language === "ar" ? "rtl" : "ltr";
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  const color = CSS.supports("color", script.dataset.color || "") ? script.dataset.color : "#0b5cad";
  const side = script.dataset.side === "left" ? "left" : "right";
  sheet.replaceSync(`
    :host { all: initial; font: 15px/1.45 system-ui, "Noto Sans", sans-serif; color-scheme: light dark; }
    * { box-sizing: border-box; }
    button { font: inherit; cursor: pointer; border: 0; }
    button:focus-visible, textarea:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
    .launch { position: fixed; bottom: 20px; ${side}: 20px; z-index: 2147483000; display: flex;
      align-items: center; gap: 8px; padding: 12px 18px; border-radius: 999px; color: #fff;
      background: ${color}; box-shadow: 0 4px 14px #0004; }
    .badge { min-width: 20px; padding: 0 6px; border-radius: 10px; background: #c62828; color: #fff;
      font-size: 12px; line-height: 20px; text-align: center; }
    .panel { position: fixed; bottom: 20px; ${side}: 20px; z-index: 2147483000; display: flex;
      flex-direction: column; width: min(370px, calc(100vw - 24px)); height: min(560px, calc(100vh - 40px));
      border-radius: 14px; overflow: hidden; background: Canvas; color: CanvasText;
      box-shadow: 0 8px 30px #0006; }
    [hidden] { display: none !important; }
    header { display: flex; align-items: center; justify-content: space-between; padding: 12px 16px;
      background: ${color}; color: #fff; font-weight: 600; }
    header button { background: none; color: inherit; font-size: 20px; line-height: 1; padding: 4px 8px; }
    ol { flex: 1; margin: 0; padding: 14px; overflow-y: auto; list-style: none; display: flex;
      flex-direction: column; gap: 8px; }
    li { max-width: 84%; padding: 8px 12px; border-radius: 14px; white-space: pre-wrap;
      overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start; }
    li.them { align-self: flex-start; background: color-mix(in srgb, CanvasText 9%, Canvas);
      border-end-start-radius: 4px; }
    li.you { align-self: flex-end; background: ${color}; color: #fff; border-end-end-radius: 4px; }
    li small { display: block; opacity: .8; font-size: 12px; }
    .note { padding: 0 16px 6px; min-height: 22px; font-size: 13px; opacity: .75; }
    form { display: flex; align-items: flex-end; gap: 8px; padding: 10px;
      border-top: 1px solid color-mix(in srgb, CanvasText 18%, Canvas); }
    textarea { flex: 1; resize: none; max-height: 110px; min-height: 40px; padding: 9px 10px;
      font: inherit; color: inherit; background: Canvas; border-radius: 10px;
      border: 1px solid color-mix(in srgb, CanvasText 30%, Canvas); }
    form button { width: 40px; height: 40px; border-radius: 10px; background: none; color: inherit;
      font-size: 18px; }
    form button.send { background: ${color}; color: #fff; }
    :host([dir=rtl]) .send span { display: inline-block; transform: scaleX(-1); }
    .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  `);
  root.adoptedStyleSheets = [sheet];

  function make(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const badge = make("span", { class: "badge", hidden: "" });
  const launch = make("button", { class: "launch", type: "button", "aria-expanded": "false" },
    make("span", { "aria-hidden": "true" }, "💬"), make("span", {}, words.launch), badge);
  const close = make("button", { type: "button", "aria-label": words.close }, "×");
  const list = make("ol", { role: "log", "aria-live": "polite", tabindex: "0" });
  const note = make("div", { class: "note", role: "status" });
  const input = make("textarea", { rows: "1", "aria-label": words.write, placeholder: words.write,
    dir: "auto", maxlength: "8000" });
  const file = make("input", { type: "file", multiple: "", class: "sr", tabindex: "-1", "aria-hidden": "true" });
  const attach = make("button", { type: "button", "aria-label": words.attach, title: words.attach }, "📎");
  const send = make("button", { type: "submit", class: "send", "aria-label": words.send, title: words.send },
    make("span", { "aria-hidden": "true" }, "➤"));
  const form = make("form", {}, file, attach, input, send);
  const panel = make("section", { class: "panel", role: "dialog", "aria-label": words.launch, hidden: "" },
    make("header", {}, make("span", {}, words.greeting), close), list, note, form);
  root.append(launch, panel);

  const items = new Map();

  function show(one) {
    let item = items.get(one.id);
    if (!item) {
      item = make("li", { class: one.by });
      items.set(one.id, item);
      list.append(item);
    }
    const isWaiting = kept.waiting.some((each) => each.client_id === one.id);
    item.replaceChildren(make("span", { class: "sr" }, `${words[one.by]}: `), one.text);
    if (one.why) item.append(make("small", {}, words.unsent + one.why));
    else if (isWaiting) item.append(make("small", {}, words.sending));
    list.scrollTop = list.scrollHeight;
  }

  function remember(one) {
    if (!kept.shown.some((each) => each.id === one.id)) kept.shown.push(one);
    save();
    show(one);
  }

  function isOpen() {
    return !panel.hidden;
  }

  function open() {
    panel.hidden = false;
    launch.hidden = true;
    launch.setAttribute("aria-expanded", "true");
    connect();
    see();
    list.scrollTop = list.scrollHeight;
    input.focus();
  }

  function shut() {
    panel.hidden = true;
    launch.hidden = false;
    launch.setAttribute("aria-expanded", "false");
    launch.focus();
  }

  function count() {
    badge.textContent = String(kept.unread);
    badge.hidden = kept.unread === 0;
  }

  /* ---- the line ---- */
  let socket = null;
  let isWelcome = false;
  let pause = 500;
  let typingEnds = 0;
  const unseen = new Set();

  function connect() {
    if (socket) return;
    note.textContent = words.connecting;
    socket = new WebSocket(socketUrl);
    socket.onopen = () => say({
      type: "hello", locale: wanted, ...(kept.resume && { resume: kept.resume }),
      ...(script.dataset.name && { name: script.dataset.name }),
      ...(script.dataset.email && { email: script.dataset.email }),
    });
    socket.onmessage = (event) => hear(JSON.parse(event.data));
    socket.onclose = () => {
      socket = null;
      isWelcome = false;
      note.textContent = words.connecting;
      setTimeout(connect, pause * (0.5 + Math.random() / 2));
      pause = Math.min(pause * 2, 30000);
    };
  }

  function say(frame) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }

  function hear(frame) {
    if (frame.type === "welcome") {
      kept.resume = frame.resume;
      save();
      isWelcome = true;
      pause = 500;
      note.textContent = "";
      for (const one of kept.waiting) say({ type: "say", ...one });
      see();
    } else if (frame.type === "kept") {
      settle(frame.client_id);
    } else if (frame.type === "said") {
      note.textContent = "";
      if (!kept.shown.some((each) => each.id === frame.message_id)) kept.unread += 1;
      unseen.add(frame.message_id);
      remember({ id: frame.message_id, by: "them", text: frame.text });
      count();
      see();
    } else if (frame.type === "typing") {
      note.textContent = words.typing;
      clearTimeout(typingEnds);
      typingEnds = setTimeout(() => { note.textContent = ""; }, 6000);
    } else if (frame.type === "refused") {
      refused(frame);
    }
  }

  function refused(frame) {
    if (!isWelcome && kept.resume) {
      kept.resume = null; // the chat it led to is gone; begin a new one
      save();
    } else if (frame.client_id && /again/.test(frame.why)) {
      const one = kept.waiting.find((each) => each.client_id === frame.client_id);
      if (one) setTimeout(() => say({ type: "say", ...one }), 1500);
    } else if (frame.client_id) {
      settle(frame.client_id, frame.why);
    }
  }

  function settle(id, why) {
    kept.waiting = kept.waiting.filter((each) => each.client_id !== id);
    const one = kept.shown.find((each) => each.id === id);
    if (one && why) one.why = why;
    save();
    if (one) show(one);
  }

  function see() {
    if (!isOpen() || document.visibilityState !== "visible") return;
    kept.unread = 0;
    count();
    save();
    for (const id of unseen) say({ type: "seen", message_id: id });
    unseen.clear();
  }

  function write(text, files = []) {
    const id = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now();
    const frame = { client_id: id, text, ...(files.length && { files: files.map((one) => one.file_id) }) };
    kept.waiting.push(frame);
    remember({ id, by: "you", text: [text, ...files.map((one) => `📎 ${one.name || ""}`)].join("\n").trim() });
    if (isWelcome) say({ type: "say", ...frame });
  }

  async function upload(one) {
    const answer = await fetch(`${http.href}/files`, {
      method: "POST",
      headers: {
        "Content-Type": one.type || "application/octet-stream",
        "X-File-Name": encodeURIComponent(one.name),
        "X-Resume": kept.resume || "",
        "Accept-Language": language,
      },
      body: one,
    }).catch(() => null);
    const told = await (answer ? answer.json() : Promise.reject()).catch(() => ({}));
    // The server tells why in our language what it does not take; of anything else we do.
    if (!answer || !answer.ok) throw new Error(told.why ? told.detail : words.later);
    return told;
  }

  /* ---- what the visitor does ---- */
  let typed = 0;

  function submit() {
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    write(text);
  }

  launch.addEventListener("click", open);
  close.addEventListener("click", shut);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") shut();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  input.addEventListener("keydown", (event) => {
    // isComposing: Enter ends a word of an input method, not the message.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
  input.addEventListener("input", () => {
    if (Date.now() - typed > 3000) {
      typed = Date.now();
      say({ type: "typing" });
    }
  });
  attach.addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const chosen = [...file.files];
    file.value = "";
    for (const one of chosen) {
      note.textContent = `${one.name} …`;
      try {
        write("", [await upload(one)]);
        note.textContent = "";
      } catch (why) {
        note.textContent = `${words.unsent}${one.name}: ${why.message}`;
      }
    }
  });
  document.addEventListener("visibilitychange", see);

  for (const one of kept.shown) show(one);
  count();
  document.body.append(host);
  if (kept.resume) connect();
})();
