namespace Skein.Model.Validation;

/// <summary>
/// Bytes of one message between nodes. Who sends keeps below them, by sending in parts; who receives refuses what is above, before
/// it is read: parsed, a message may take fifty times its bytes.
/// </summary>
public static class MessageBounds
{
    /// <summary>Of a manager, and to anybody.</summary>
    public const int Most = 4 << 20;

    /// <summary>Of a node to the manager it is in session with. Its own largest are <see cref="Enough"/> and one more item.</summary>
    public const int MostOfNode = 1 << 20;

    /// <summary>Of who has no certificate yet. A request for one has some 2 KiB.</summary>
    public const int MostOfStranger = 64 << 10;

    /// <summary>A message that grows item by item is sent when it has so many. With the largest object of the store it stays below <see cref="Most"/>.</summary>
    public const int Enough = 2 << 20;

    /// <summary>Of all parts together of what a node must know: a thousand nodes with a hundred tasks each have some 50 MiB.</summary>
    public const int MostOfAssignments = 256 << 20;

    /// <summary>What gRPC writes before each message.</summary>
    public const int Prefix = 5;
}
