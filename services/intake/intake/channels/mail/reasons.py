"""What mail systems say of why a mail did not arrive, as status codes of RFC 3463."""
# ruff: noqa: E501 - a phrase a line, and characters of East Asia count twice

import re

REASONS = tuple(
    (re.compile(words, re.IGNORECASE | re.DOTALL), code)
    for words, code in (
        (
            r"mailbox.{0,40}\bfull\b|over.{0,14}quota|quota.{0,30}exceed|exceed.{0,30}quota|storage limit|"
            r"(?:bo[îi]te|buzón|caixa|casella|postfach|mailbox|skrzynka|brevlåda\w*|postboks|postkasse).{0,40}(?:pleine|lleno|cheia|piena|voll|pełna|\bfull)|"
            r"insufficient.{0,20}(?:disk|storage|system storage)|容量|已满|いっぱい|메일함.{0,10}초과|편지함.{0,10}(?:가득|초과)|"
            r"(?:disk|mail(?:box)?) quota|quota violation|(?:space|storage) (?:is )?not enough|"
            r"(?:not|n't) (?:have )?enough (?:space|storage)|(?:mail ?folder|inbox) is full|too many (?:messages|mails) (?:on|in)|out of storage|"
            r"zuviele (?:e-?)?mails|full mailbox|(?:mailbox|user) (?:has |would )?exceed|user is over|exceeded storage|mailbox size limit|"
            r"exceeding receiving limits|space has been used up|too much mail data|ящик.{0,20}переполнен|사서함.{0,10}(?:가득|꽉|초과)|\bon täynnä",
            "5.2.2",
        ),
        (
            r"account.{0,40}(?:disabled|suspended|inactive)|mailbox.{0,20}(?:disabled|inactive)|"
            r"user.{0,20}(?:suspended|disabled)|no longer.{0,20}(?:active|available)|inactive user|temporarily inactive|extended inactivity|"
            r"deactivated|discontinued|has been (?:disabled|suspended|closed|locked)|suspend the service|tempor\w+ locked|archiv[ée]e\b|"
            r"mailbox.{0,20}(?:suspended|locked|frozen)|account is (?:closed|locked)|"
            r"(?:has )?not been (?:used|collected|accessed) (?:for|after)|konto.{0,20}(?:gesperrt|deaktiviert)|"
            r"停用|禁用|冻结|정지|휴면",
            "5.2.1",
        ),
        (
            r"\b(?:host|domain)(?: name)? (?:unknown|not found)\b|\bunknown (?:host|domain)\b|\bdomain \S{0,80} ?(?:couldn't|could not) be found|"
            r"\bno such (?:domain|host)|name or service not known|name service error|nxdomain|\bdomain must exist|mail domain\b.{0,60}(?:is unknown|not found)|"
            r"\bdomain (?:does(?: not|n't) exist|is not valid)|could not find a gateway|unrout(?:e)?able mail domain",
            "5.1.2",
        ),
        (r"too many hops|mail(?:er)? loop|message loop|looping|hop count exceeded", "5.4.6"),
        (r"\b(?:has|have) moved\b|no longer (?:at|with) (?:this|our) (?:address|company)", "5.1.6"),
        (
            r"user.{0,20}unknown|unknown.{0,20}(?:user|recipient|local|address|mailbox)|no such.{0,20}"
            r"(?:user|recipient|mailbox|address|person)|(?:does|do)(?:n't| not) exist|not.{0,10}found|"
            r"invalid.{0,30}(?:user|recipient|mailbox|address)|(?:recipient|address|mailbox|user|name)"
            r".{0,40}(?:unknown|invalid|not recogni[sz]ed|not listed|rejected|unavail?a?ble)|"
            r"(?<!sending )(?<!sender )\b(?:recipient|user|address|mailbox|account)(?: is)? not (?:exist|known|accepted|local|ok\b|present|active)|not present in|rejected recipients?|"
            r"not (?:a|an) (?:known|valid|local|active) (?:user|recipient|address|mailbox)|not known|bad_?recipient|bad(?:rcpt| address)|validrcptto|not email addresses|"
            r"no mail ?box|no (?:account|mailbox) by that name|no one at this|no valid recipients|no longer (?:accepts mail|valid)|non-?existent|in name directory|missing home directory|"
            r"recipients? (?:was undeliverable|refuses)|account unavailable|can't accept user|envelope recipient (?:has been denied|is in)|"
            r"n['’]existe pas|no existe|no hay buzón|non esiste|nessun utente|não existe|bestaat niet|nie istnieje|nieznany|"
            r"не существует|не найден|existiert nicht|nicht (?:gefunden|vorhanden|bekannt)|finns inte|okänd|findes ikke|"
            r"finnes ikke|ukendt|ukjent|ei ole olemassa|unrouteable mail|does not like recipient|"
            r"not our customer|no mailbox|user doesn't have|存在しません|見つかりません|"
            r"リストにありません|宛先不明|不存在|unbekannt|inconnue?\b|desconocid|sconosciut|존재하지",
            "5.1.1",
        ),
        (
            r"(?:host|domain|dns|mx).{0,40}(?:unknown|not found|no.{0,6}record|nxdomain|does not|"
            r"lookup|unrout)|unrout(?:e)?able|no mx|name.{0,10}resol|couldn't find any host",
            "5.1.2",
        ),
        (
            r"too (?:large|big)|size.{0,30}(?:exceed|limit)|exceed.{0,30}size|zu groß|trop volum|taille du message",
            "5.3.4",
        ),
        (
            r"spam|block(?:ed|list)|black.?list|policy|unsolicited|\bdmarc\b|\bspf\b|\bdkim\b|denied|"
            r"not (?:allowed|permitted|authori[sz]ed)|refused by|content.{0,20}reject|\bvirus(?:es)?\b|relay|"
            r"not accepting (?:any )?(?:mail|messages)|requires? confirmation|reputation|rejected by (?:the )?filter|"
            r"reverse dns|\bptr\b|rbl\b|dnsbl|unauthenticated|authentication required|user reject|recipient preferences",
            "5.7.1",
        ),
        (
            r"time(?:d)?.?out|too long|long (?:time|failure period)|expired|retry.{0,20}exceeded|keine verbindung|giving up on|"
            r"failed \d+ attempts|aborted after|maximum delivery attempts|server did not respond|within the allowed queue period",
            "4.4.7",
        ),
        (r"connect|unreachable|network", "4.4.1"),
    )
)
"""The likelier first."""
FULL = REASONS[0][0]
"""How a full mailbox is told."""
