import { useId, useState } from 'preact/hooks';
import { ApiFailure, enterToken, getJson, needsToken, token } from '../lib/api-client';

/** Shown when the API answers 401: the application may take a bearer token, or wants a login first. */
export function TokenForm() {
  const [text, setText] = useState('');
  const [wasRefused, setRefused] = useState(token.get() !== undefined);
  const [isChecking, setChecking] = useState(false);
  const field = useId();
  const hint = useId();

  const send = async () => {
    setChecking(true);
    enterToken(text.trim());
    try {
      await getJson('info');
    } catch (error) {
      // The form is shown again by needsToken; anything else is shown by what loads next.
      setRefused(error instanceof ApiFailure && error.status === 401);
    }
    setChecking(false);
  };

  return (
    <form
      class="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h1>The API asks who you are</h1>
      <p class="muted" id={hint}>
        Log in to the application and try again, or enter a bearer token. It is kept in this tab only.
      </p>
      <label for={field}>Bearer token</label>
      <input
        id={field}
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        value={text}
        aria-describedby={hint}
        aria-invalid={wasRefused}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
        }}
      />
      {wasRefused && (
        <p class="field-error" role="alert">
          The token was refused. It may have expired.
        </p>
      )}
      <div class="row">
        <button type="submit" class="button primary" disabled={isChecking}>
          Use the token
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            needsToken.set(false);
          }}
        >
          I have logged in: try again
        </button>
      </div>
    </form>
  );
}
