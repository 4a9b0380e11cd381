namespace Skein.Agent.Images.Content;

internal sealed record PushedDocument(OciDescriptor Descriptor, byte[] Bytes);
