using System.Net;

namespace Skein.Manager.Certificates;

/// <summary>
/// Who came with wrong join tokens, and is heard no more for a while: a token of 128 bits is not guessed, but each trial costs a
/// line in the log and a comparison. Others are heard as before: no address can keep another from joining.
/// </summary>
internal sealed class WrongTokens(TimeProvider time)
{
    public const int Most = 10;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Of so many addresses it is kept, some 500 KiB. With all taken by others in the same minute, the oldest is forgotten.</summary>
    public const int MostAddresses = 4096;

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<IPAddress, (long Since, int Count)> _byAddress = [];

    public int Addresses
    {
        get { lock (_lock) return _byAddress.Count; }
    }

    /// <summary>Whether the address has to wait until its minute is over.</summary>
    public bool MustWait(IPAddress address)
    {
        lock (_lock) return _byAddress.TryGetValue(address, out var known) && IsNow(known.Since) && known.Count >= Most;
    }

    public void Note(IPAddress address)
    {
        lock (_lock)
        {
            if (_byAddress.TryGetValue(address, out var known) && IsNow(known.Since))
            {
                _byAddress[address] = known with { Count = known.Count + 1 };
                return;
            }
            // In the order of their minutes' beginning, so that the first is the oldest.
            _byAddress.Remove(address);
            while (_byAddress.Count > 0 && (_byAddress.Count >= MostAddresses || !IsNow(_byAddress.GetAt(0).Value.Since))) _byAddress.RemoveAt(0);
            _byAddress.Add(address, (time.GetTimestamp(), 1));
        }
    }

    private bool IsNow(long since) => time.GetElapsedTime(since) < Window;
}
