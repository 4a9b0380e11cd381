using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Skein.Agent.Images.Content;

namespace Skein.Agent.Images.Registry;

/// <summary>
/// Answers registries' challenges: Basic with the user's password, Bearer with a token of the realm's server
/// (distribution's "token" and "oauth2" specifications). Remembers what was last accepted, so that the blobs of an
/// image are asked for with the right header at once.
/// </summary>
internal sealed class TokenSource(TimeProvider time)
{
    private const int DefaultLifetimeSeconds = 60;

    // Docker's.
    private const int TokenSizeMax = 1 << 20;

    private const int RememberedMax = 256;

    private readonly ConcurrentDictionary<Audience, Granted> _granted = new();

    /// <summary>The header that served last for this access; null when none is known to hold.</summary>
    public AuthenticationHeaderValue? Known(RegistryHost host, RegistryAccess access, RegistryAuth? auth)
    {
        if (auth is { RegistryToken.Length: > 0 }) return new AuthenticationHeaderValue("Bearer", auth.RegistryToken);
        return _granted.TryGetValue(Audience.Of(host, access, auth), out var granted) && granted.Expires > time.GetUtcNow()
            ? granted.Header
            : null;
    }

    /// <summary>A header in answer to a 401; null when there is none to give.</summary>
    /// <exception cref="RegistryException">It wants a password, and there is none.</exception>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(
        HttpClient client, HttpResponseMessage refusal, RegistryHost host, RegistryAccess access, RegistryAuth? auth, CancellationToken cancel)
    {
        var challenges = refusal.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var lines)
            ? lines.SelectMany(AuthChallenge.Parse).ToList()
            : [];
        var bearer = challenges.FirstOrDefault(c => c.IsBearer);
        if (bearer is null && !challenges.Any(c => c.IsBasic)) return null;
        var granted = bearer is not null ? await AskRealmAsync(client, bearer, access, auth, cancel)
            : auth is { Username.Length: > 0 } ? new Granted(Basic(auth), DateTimeOffset.MaxValue)
            : throw new RegistryException(RegistryException.NoCredentials, "no basic auth credentials", 401);
        if (granted is null) return null;
        Remember(Audience.Of(host, access, auth), granted);
        return granted.Header;
    }

    /// <summary>Not for ever: whoever pulls from a thousand repositories leaves no thousand tokens.</summary>
    private void Remember(Audience audience, Granted granted)
    {
        if (_granted.Count >= RememberedMax)
        {
            foreach (var (old, of) in _granted)
            {
                if (of.Expires <= time.GetUtcNow()) _granted.TryRemove(old, out _);
            }
            if (_granted.Count >= RememberedMax) _granted.Clear();
        }
        _granted[audience] = granted;
    }

    private async Task<Granted?> AskRealmAsync(
        HttpClient client, AuthChallenge challenge, RegistryAccess access, RegistryAuth? auth, CancellationToken cancel)
    {
        if (!Uri.TryCreate(challenge["realm"], UriKind.Absolute, out var realm)) return null;
        var scopes = access.Scopes(challenge["scope"]);
        using var request = auth is { IdentityToken.Length: > 0 }
            ? Refresh(realm, challenge["service"], string.Join(' ', scopes), auth.IdentityToken)
            : Fetch(realm, challenge["service"], scopes, auth);
        var shown = realm.GetLeftPart(UriPartial.Path);
        using var response = await RegistryClient.SendOnceAsync(client, request, shown, time, cancel);
        if (!response.IsSuccessStatusCode) throw await RegistryClient.RefusalAsync(response, time, cancel);
        var token = Read(await RegistryClient.ReadDocumentAsync(response, shown, TokenSizeMax, time, cancel));
        if (token is null || token.Value.Length == 0) return null;
        // A tenth is kept back, so that a token does not end on its way.
        var lifetime = TimeSpan.FromSeconds((token.ExpiresIn ?? DefaultLifetimeSeconds) * 0.9);
        return new Granted(Header(token.Value), time.GetUtcNow() + lifetime);
    }

    private static AuthenticationHeaderValue Header(string token)
    {
        try
        {
            return new("Bearer", token);
        }
        catch (FormatException error)
        {
            throw new RegistryException("UNKNOWN", $"unable to decode token response: {error.Message}", 200);
        }
    }

    private static RegistryToken? Read(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, ImageJson.Default.RegistryToken);
        }
        catch (JsonException error)
        {
            throw new RegistryException("UNKNOWN", $"unable to decode token response: {error.Message}", 200);
        }
    }

    private static HttpRequestMessage Fetch(Uri realm, string service, IReadOnlyList<string> scopes, RegistryAuth? auth)
    {
        var query = new StringBuilder(realm.Query.Length > 0 ? realm.Query + "&" : "?");
        if (service.Length > 0) query.Append("service=").Append(Uri.EscapeDataString(service)).Append('&');
        foreach (var scope in scopes) query.Append("scope=").Append(Uri.EscapeDataString(scope)).Append('&');
        if (auth is { Username.Length: > 0 }) query.Append("account=").Append(Uri.EscapeDataString(auth.Username));
        var request = new HttpRequestMessage(HttpMethod.Get, realm.GetLeftPart(UriPartial.Path) + query.ToString().TrimEnd('&'));
        if (auth is { Username.Length: > 0 }) request.Headers.Authorization = Basic(auth);
        return request;
    }

    private static HttpRequestMessage Refresh(Uri realm, string service, string scope, string identityToken) => new(HttpMethod.Post, realm)
    {
        Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["service"] = service,
            ["client_id"] = "docker",
            ["scope"] = scope,
            ["refresh_token"] = identityToken,
        }),
    };

    private static AuthenticationHeaderValue Basic(RegistryAuth auth) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{auth.Username}:{auth.Password}")));

    private readonly record struct Audience(string Base, RegistryAccess Access, string User, string Secret)
    {
        public static Audience Of(RegistryHost host, RegistryAccess access, RegistryAuth? auth) =>
            new(host.Base, access, auth?.Username ?? "", auth is null ? "" : auth.Password + auth.IdentityToken);
    }

    private sealed record Granted(AuthenticationHeaderValue Header, DateTimeOffset Expires);
}
