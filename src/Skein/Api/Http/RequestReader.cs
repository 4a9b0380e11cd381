using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Skein.Agent.Images;
using Skein.Api.Images;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Http;

/// <summary>Reads what Docker's clients put into queries, headers and bodies.</summary>
internal static class RequestReader
{
    private const string RegistryAuthHeader = "X-Registry-Auth";

    public static string Route(this HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? "";

    /// <summary>Which version of the API the client speaks.</summary>
    public static ApiVersion Version(this HttpContext context) => context.Items[nameof(ApiVersion)] as ApiVersion? ?? ApiVersion.Current;

    /// <summary>The first of them, where it is given more than once.</summary>
    public static string Query(this HttpContext context, string name) => context.Request.Query[name] is [var first, ..] ? first ?? "" : "";

    /// <summary>The same where it need be no text: the name of a file in a container.</summary>
    public static byte[] QueryBytes(this HttpContext context, string name)
    {
        foreach (var pair in new QueryStringEnumerable(context.Request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual(name)) return Unescaped(Encoding.UTF8.GetBytes(pair.EncodedValue.ToString()));
        }
        return [];
    }

    private static byte[] Unescaped(byte[] text) => WebUtility.UrlDecodeToBytes(text, 0, text.Length);

    /// <summary>moby's rule: empty, 0, no, false and none are false; all else is true.</summary>
    public static bool QueryBool(this HttpContext context, string name) =>
        MeansYes(context.Query(name));

    public static bool MeansYes(string value) => value.Trim().ToLowerInvariant() is not ("" or "0" or "no" or "false" or "none");

    /// <summary>The few switches that moby reads by Go's rule instead, and refuses when they are neither.</summary>
    /// <param name="saysWhy">Those of networks add what Go's library says, those of a swarm don't.</param>
    public static bool QueryGoBool(this HttpContext context, string name, bool saysWhy = true)
    {
        var text = context.Query(name);
        return GoBool.TryParse(text, out var value) || text.Length == 0
            ? value
            : throw SkeinException.Invalid($"invalid value for {name}: {text}" + (saysWhy ? $": strconv.ParseBool: parsing \"{text}\": invalid syntax" : ""));
    }

    public static int? QueryInt(this HttpContext context, string name)
    {
        var text = context.Query(name);
        if (text.Length == 0) return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw SkeinException.Invalid($"strconv.Atoi: parsing \"{text}\": {WhyNoNumber(text)}");
    }

    /// <summary>What Go says of a text that is none of the numbers it was read as.</summary>
    public static string WhyNoNumber(ReadOnlySpan<char> text)
    {
        var digits = text is ['+' or '-', .. var rest] ? rest : text;
        return digits.Length > 0 && digits.IndexOfAnyExceptInRange('0', '9') < 0 ? "value out of range" : "invalid syntax";
    }

    /// <summary>The version of the object (service, node, swarm) that an update is based on.</summary>
    public static ulong QueryVersion(this HttpContext context, string of)
    {
        var text = context.Query("version");
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
        // Go's unsigned numbers have no sign.
        var reason = text is ['+' or '-', ..] ? "invalid syntax" : WhyNoNumber(text);
        throw SkeinException.Invalid($"invalid {of} version '{text}': strconv.ParseUint: parsing \"{text}\": {reason}");
    }

    /// <summary>What the CLI sends as since and until; null when absent. 0 is the beginning of all.</summary>
    public static DateTimeOffset? QueryTime(this HttpContext context, string name)
    {
        var text = context.Query(name);
        if (text.Length == 0) return null;
        return GoTime.TryParse(text, out var time) ? time : throw SkeinException.Invalid($"invalid value for \"{name}\": {text}");
    }

    public const long JsonMax = 4 << 20;

    public static bool HasBody(this HttpContext context) =>
        context.Request.ContentLength is not 0 && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    public static async Task<T> BodyAsync<T>(this HttpContext context, JsonTypeInfo<T> type)
    {
        var none = context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
        if (!none || context.Request.ContentType is { Length: > 0 }) CheckIsJson(context.Request.ContentType ?? "");
        if (none) return JsonBody.Empty(type);
        // The largest that is meant is a config of 1 MB, in base64; only an image to be loaded has no bound.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound) bound.MaxRequestBodySize = JsonMax;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return JsonBody.Read(body.GetBuffer().AsSpan(0, (int)body.Length), type);
    }

    private static void CheckIsJson(string contentType)
    {
        if (contentType.Length == 0) throw SkeinException.Invalid("malformed Content-Type header (): mime: no media type");
        if (!contentType.Split(';')[0].Trim().Equals(ErrorResponse.ContentType, StringComparison.OrdinalIgnoreCase))
            throw SkeinException.Invalid($"unsupported Content-Type header ({contentType}): must be '{ErrorResponse.ContentType}'");
    }

    public static bool HasRegistryAuth(this HttpContext context) => context.Request.Headers[RegistryAuthHeader].ToString().Length > 0;

    /// <summary>X-Registry-Auth: base64url of JSON; absent, empty and "{}" mean none.</summary>
    public static RegistryAuth? RegistryAuth(this HttpContext context)
    {
        var header = context.Request.Headers[RegistryAuthHeader].ToString();
        return header.Length == 0 ? null : Decode(GoBase64.DecodeUrl(header, "invalid X-Registry-Auth header: "));
    }

    private static RegistryAuth? Decode(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(GoNulls.Without(json, ImagesJson.Default.RegistryAuthJson), ImagesJson.Default.RegistryAuthJson)?.ToModel();
        }
        catch (JsonException error)
        {
            throw SkeinException.Invalid($"invalid X-Registry-Auth header: {GoJsonError.Of(json, error, ImagesJson.Default.RegistryAuthJson)}");
        }
    }

    public static Filters Filters(this HttpContext context) => Http.Filters.Parse(context.Query("filters"));
}
