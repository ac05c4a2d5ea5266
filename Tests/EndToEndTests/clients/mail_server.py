"""A mail server that writes each message as a line of JSON: mail_server.py PORT FILE CERTIFICATE KEY WAY.

WAY is 'starttls' or 'implicit', both with the user 'captain' and the password 'harbour', or 'none'.
"""
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        found = {
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "headers": dict(message.items()),
            "text": message.get_content(), "defects": [str(defect) for defect in message.defects],
            "secured": session.ssl is not None, "authenticated": bool(session.authenticated),
        }
        with open(sys.argv[2], "a") as file:
            file.write(json.dumps(found) + "\n")
        return "250 kept"


def check(server, session, envelope, mechanism, data):
    good = mechanism in ("LOGIN", "PLAIN") and (data.login, data.password) == (b"captain", b"harbour")
    return AuthResult(success=good, handled=good)


async def main(port, certificate, key, way):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    options = {}
    if way == "starttls":
        options = {"tls_context": context, "require_starttls": True, "authenticator": check, "auth_required": True}
    if way == "implicit":
        # The library asks for STARTTLS before a password unless it is told that there is TLS around it.
        options = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Keeper(), loop=loop, hostname="mail.test", **options), "127.0.0.1", port,
        ssl=context if way == "implicit" else None)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), *sys.argv[3:6]))
