namespace Skein.Agent.Images;

/// <summary>A container that an image stands under.</summary>
public sealed record ImageUser(string ContainerId, bool Running);
