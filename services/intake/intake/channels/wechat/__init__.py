"""WeChat official accounts and WeCom apps: messages in plain and in encrypted XML.

Sources: developers.weixin.qq.com, official accounts, "接入概述" (signature, echostr),
"接收普通消息", "接收事件推送", "消息加解密说明"; developer.work.weixin.qq.com, "接收消息与事件".
"""

from intake.channels.wechat.messages import read
from intake.channels.wechat.signatures import answer, handshake, signed_at, verify

__all__ = ["answer", "handshake", "read", "signed_at", "verify"]
