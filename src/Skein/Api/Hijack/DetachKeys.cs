using System.Buffers;
using Skein.Model;

namespace Skein.Api.Hijack;

/// <summary>
/// The keys by which a client on a terminal leaves while the process goes on; where it names none, Docker's own. docker's CLI looks
/// for them by itself, other clients leave it to the daemon.
/// </summary>
internal sealed class DetachKeys(byte[] keys)
{
    // By a key's code: ctrl-@ is 0, ctrl-a 1, …
    private const string Controls = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

    private int _matched;

    /// <summary>"ctrl-p,x": characters, and those of <see cref="Controls"/> with ctrl-.</summary>
    /// <param name="text">Empty for ctrl-p,ctrl-q.</param>
    /// <param name="kind">What Docker calls them where they are given: detach or escape.</param>
    /// <exception cref="SkeinException">One of them is no key.</exception>
    public static DetachKeys Parse(string text, string kind)
    {
        if (text.Length == 0) text = "ctrl-p,ctrl-q";
        return new([.. text.Split(',').Select(key => Code(key) ?? throw SkeinException.Invalid($"Invalid {kind} keys ({text}) provided"))]);
    }

    /// <summary>Passes on what was typed, but for what may be the beginning of the keys, which waits for what comes after it.</summary>
    /// <returns>Whether the keys were all typed; what came after them is nobody's.</returns>
    public bool Pass(ReadOnlySpan<byte> typed, IBufferWriter<byte> on)
    {
        foreach (var key in typed)
        {
            if (key != keys[_matched])
            {
                on.Write(keys.AsSpan(0, _matched));
                _matched = 0;
            }
            if (key != keys[_matched]) on.Write([key]);
            else if (++_matched == keys.Length) return true;
        }
        return false;
    }

    private static byte? Code(string key) => key switch
    {
        [var only] when char.IsAscii(only) => (byte)only,
        "DEL" => 127,
        ['c', 't', 'r', 'l', '-', var control] when Controls.IndexOf(control) is >= 0 and var code => (byte)code,
        _ => null,
    };
}
