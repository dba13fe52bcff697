"""A voice webhook the usual way: FastAPI and its form, Twilio's own validator and its own TwiML."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.twiml.voice_response import Gather, VoiceResponse  # type: ignore[import-untyped]


def app(public: str, token: str, greeting: str) -> FastAPI:
    """Its application at the address `public`."""
    made, validator = FastAPI(), RequestValidator(token)

    async def from_twilio(request: Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.form()).items()}
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(f"{public}{request.url.path}", form, signature):
            raise HTTPException(403)
        return form

    @made.post("/twilio/voice")
    async def voice(form: Annotated[dict[str, str], Depends(from_twilio)]) -> Response:
        response, gather = VoiceResponse(), Gather(num_digits=1, action=f"{public}/twilio/voice/1")
        gather.say(greeting, language="id-ID")
        response.append(gather)
        return Response(str(response), media_type="text/xml")

    return made
