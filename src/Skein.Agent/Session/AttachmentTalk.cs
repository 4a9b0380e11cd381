using System.Collections.Immutable;
using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>What one session is told of the wishes: all at its beginning, then the differences; once it is known that these are all, that.</summary>
internal sealed class AttachmentTalk(Func<(ImmutableDictionary<string, AttachmentWish> Wishes, bool Recovered, Task Changed)> look)
{
    private ImmutableDictionary<string, AttachmentWish> _told = ImmutableDictionary.Create<string, AttachmentWish>(StringComparer.Ordinal);
    private bool _fullTold;

    /// <summary>Completes with the next words, which are not empty.</summary>
    public async Task<AttachmentWishes> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (wishes, recovered, changed) = look();
            var words = recovered && !_fullTold ? Full(wishes) : Difference(wishes);
            _told = wishes;
            _fullTold = recovered;
            if (words.Full || words.Put.Count + words.Removed.Count > 0) return words;
            await changed.WaitAsync(cancel);
        }
    }

    private static AttachmentWishes Full(ImmutableDictionary<string, AttachmentWish> wishes)
    {
        var words = new AttachmentWishes { Full = true };
        words.Put.Add(wishes.Values);
        return words;
    }

    private AttachmentWishes Difference(ImmutableDictionary<string, AttachmentWish> wishes)
    {
        var words = new AttachmentWishes();
        words.Put.Add(wishes.Values.Where(wish => !ReferenceEquals(_told.GetValueOrDefault(wish.Id), wish)));
        words.Removed.Add(_told.Keys.Where(id => !wishes.ContainsKey(id)));
        return words;
    }
}
