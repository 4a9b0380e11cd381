namespace Skein.Agent.Images.Registry;

/// <summary>One challenge of a WWW-Authenticate header: a scheme and its parameters (RFC 9110, 11.6.1).</summary>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    public bool IsBasic => Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    public string this[string name] => Parameters.GetValueOrDefault(name, "");

    /// <summary>All challenges of one header line; what does not parse ends the list, as a registry's mistake must not end a pull.</summary>
    public static IReadOnlyList<AuthChallenge> Parse(string header)
    {
        var reader = new HeaderReader(header);
        var challenges = new List<AuthChallenge>();
        while (reader.TryReadToken(out var scheme))
        {
            var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (reader.TryReadParameter(out var name, out var value)) parameters[name] = value;
            challenges.Add(new AuthChallenge(scheme, parameters));
        }
        return challenges;
    }

    private ref struct HeaderReader(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public bool TryReadToken(out string token)
        {
            _rest = _rest.TrimStart(" \t,");
            var end = _rest.IndexOfAny(" \t,=\"");
            if (end < 0) end = _rest.Length;
            token = _rest[..end].ToString();
            _rest = _rest[end..];
            return token.Length > 0;
        }

        /// <summary>name=value or name="value"; leaves the reader where it was when a new scheme begins here.</summary>
        public bool TryReadParameter(out string name, out string value)
        {
            var start = _rest;
            value = "";
            if (!TryReadToken(out name))
            {
                _rest = start;
                return false;
            }
            _rest = _rest.TrimStart(" \t");
            if (_rest.IsEmpty || _rest[0] != '=')
            {
                _rest = start;
                return false;
            }
            _rest = _rest[1..].TrimStart(" \t");
            if (!_rest.IsEmpty && _rest[0] == '"') return TryReadQuoted(out value);
            var end = _rest.IndexOfAny(" \t,");
            if (end < 0) end = _rest.Length;
            value = _rest[..end].ToString();
            _rest = _rest[end..];
            return true;
        }

        private bool TryReadQuoted(out string value)
        {
            var text = new System.Text.StringBuilder();
            for (var i = 1; i < _rest.Length; i++)
            {
                if (_rest[i] == '"')
                {
                    _rest = _rest[(i + 1)..];
                    value = text.ToString();
                    return true;
                }
                if (_rest[i] == '\\' && i + 1 < _rest.Length) i++;
                text.Append(_rest[i]);
            }
            _rest = [];
            value = "";
            return false;
        }
    }
}
