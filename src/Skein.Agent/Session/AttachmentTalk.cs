using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>What one session is told of the wishes: each at its beginning, then the differences; and once it is known that these are all, that.</summary>
internal sealed class AttachmentTalk(Func<(ImmutableDictionary<string, AttachmentWish> Wishes, bool Recovered, Task Changed)> look)
{
    /// <summary>Bytes of wishes in one message, about.</summary>
    private const int Enough = 256 << 10;

    private readonly Dictionary<string, AttachmentWish> _told = new(StringComparer.Ordinal);
    private bool _allTold;

    /// <summary>Completes with the next words, which are not empty.</summary>
    public async Task<AttachmentWishes> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (wishes, recovered, changed) = look();
            var words = Difference(wishes);
            if (words.Put.Count + words.Removed.Count > 0) return words;
            if (recovered && !_allTold)
            {
                _allTold = true;
                return new() { All = new() { Ids = { _told.Keys } } };
            }
            await changed.WaitAsync(cancel);
        }
    }

    private AttachmentWishes Difference(ImmutableDictionary<string, AttachmentWish> wishes)
    {
        var words = new AttachmentWishes();
        foreach (var id in _told.Keys.Where(id => !wishes.ContainsKey(id)).ToList())
        {
            words.Removed.Add(id);
            _told.Remove(id);
        }
        var bytes = 0;
        foreach (var wish in wishes.Values.Where(wish => !ReferenceEquals(_told.GetValueOrDefault(wish.Id), wish)))
        {
            if (bytes >= Enough) break;
            bytes += wish.CalculateSize();
            words.Put.Add(wish);
            _told[wish.Id] = wish;
        }
        return words;
    }
}
