using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>CFSSL's signing requests and its answers, in JSON (github.com/cloudflare/cfssl, doc/api). Pure.</summary>
internal static class CfsslMessages
{
    private const string CommonName = "2.5.4.3";

    /// <summary>As swarmkit asks: the subject and the names are what the CA is to put there, whatever the request says.</summary>
    public static byte[] OfNode(string requestPem, CertificateName name, IEnumerable<IPAddress> addresses) => Write(json =>
    {
        json.WriteStartArray("hosts");
        foreach (var host in (IEnumerable<string>)[name.RoleName, name.NodeId, .. addresses.Select(address => address.ToString())]) json.WriteStringValue(host);
        json.WriteEndArray();
        json.WriteString("certificate_request", requestPem);
        json.WriteStartObject("subject");
        json.WriteString("CN", name.NodeId);
        json.WriteStartArray("names");
        json.WriteStartObject();
        json.WriteString("OU", name.RoleName);
        json.WriteString("O", name.ClusterId);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>CFSSL takes nothing but the names from a request: that it is a CA has to be said beside it.</summary>
    public static byte[] OfRoot(string requestPem, X509Certificate2 root, X509Extension constraints, string profile) => Write(json =>
    {
        json.WriteString("certificate_request", requestPem);
        json.WriteStartObject("subject");
        var name = root.SubjectName.EnumerateRelativeDistinguishedNames().FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName);
        json.WriteString("CN", name?.GetSingleElementValue() ?? "");
        json.WriteEndObject();
        json.WriteString("profile", profile);
        json.WriteStartArray("extensions");
        json.WriteStartObject();
        json.WriteString("id", constraints.Oid!.Value);
        json.WriteBoolean("critical", constraints.Critical);
        json.WriteString("value", Convert.ToHexStringLower(constraints.RawData));
        json.WriteEndObject();
        json.WriteEndArray();
    });

    /// <exception cref="SkeinException">It is none; the message has the CA's own words.</exception>
    public static string CertificateOf(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            if (root.TryGetProperty("success", out var success) && success.ValueKind == JsonValueKind.True
                && root.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.Object
                && result.TryGetProperty("certificate", out var certificate) && certificate.ValueKind == JsonValueKind.String)
            {
                return certificate.GetString()!;
            }
            throw SkeinException.Unavailable(ErrorsOf(root) is { Length: > 0 } errors ? $"response errors: {errors}" : "certificate signing request failed");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw SkeinException.Unavailable("unable to parse JSON response");
        }
    }

    private static string ErrorsOf(JsonElement root) => root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
        ? string.Join("; ", errors.EnumerateArray().Take(4).Select(error => error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var text) ? text.ToString() : error.ToString()))
        : "";

    private static byte[] Write(Action<Utf8JsonWriter> fill)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fill(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
