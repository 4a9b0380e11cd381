using Skein.Api.Builds.Protocol;
using Skein.Api.Http;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Builds;

/// <summary>POST /build/prune in BuildKit's terms, as dockerd translates it.</summary>
internal static class BuildPrune
{
    private static readonly string[] s_fields = ["id", "parent", "type", "description", "inuse", "shared", "private"];
    private static readonly ApiVersion s_spaces = new(1, 48);

    /// <summary>null when nothing can be meant: what a build caches has no labels.</summary>
    public static PruneRequest? Of(HttpContext context, DateTimeOffset now)
    {
        var filters = context.Filters().Accept(["until", "unused-for", "label", "label!", .. s_fields]);
        var request = new PruneRequest { All = context.QueryBool("all"), KeepDuration = Unused(filters, now).InNanoseconds() };
        request.Filter.Add(string.Join(',', s_fields.Where(filters.Has).Select(field => Condition(field, filters[field]))));
        if (context.Version().CompareTo(s_spaces) < 0) request.ReservedSpace = Bytes(context, "keep-storage");
        else
        {
            request.ReservedSpace = Bytes(context, "reserved-space") is > 0 and var space ? space : Bytes(context, "keep-storage");
            request.MaxUsedSpace = Bytes(context, "max-used-space");
            request.MinFreeSpace = Bytes(context, "min-free-space");
        }
        return filters.Has("label") ? null : request;
    }

    private static string Condition(string field, IReadOnlySet<string> values) => values.Count switch
    {
        0 => field,
        1 => $"{field}{(field == "id" ? "~=" : "==")}{values.First()}",
        _ => throw SkeinException.Invalid("filters expect only one value"),
    };

    private static TimeSpan Unused(Filters filters, DateTimeOffset now)
    {
        if (filters.Has("until") && filters.Has("unused-for")) throw SkeinException.Invalid("conflicting filters: \"until\" and \"unused-for\"");
        var key = filters.Has("unused-for") ? "unused-for" : "until";
        if (filters[key].Count > 1) throw SkeinException.Invalid("filters expect only one value");
        return filters.Since(key, now) is { } until ? now - until : TimeSpan.Zero;
    }

    private static long Bytes(HttpContext context, string name)
    {
        var text = context.Query(name);
        if (text.Length == 0) return 0;
        return long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : throw SkeinException.Invalid($"{name} is in bytes and expects an integer, got {text}: strconv.Atoi: parsing \"{text}\": {RequestReader.WhyNoNumber(text)}");
    }
}
