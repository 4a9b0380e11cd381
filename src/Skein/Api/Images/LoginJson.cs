namespace Skein.Api.Images;

/// <summary>POST /auth. Without an identity token the CLI keeps what the user typed.</summary>
internal sealed record LoginJson(string Status, string IdentityToken);
