using Google.Protobuf;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Specs;

namespace Skein.Agent.Session;

/// <summary>The node's memory on disk. Written beside and renamed, so a power cut leaves the old or the new one, whole.</summary>
internal static class SessionFile
{
    /// <summary>null when there is none, or none that can be read: the managers know better anyway.</summary>
    public static SessionMemory? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return SessionMemory.Parser.ParseFrom(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Without the credentials that a manager may have told with a task: they are to lie on no disk.</summary>
    public static void Write(string path, SessionMemory memory)
    {
        if (memory.Assignments is { } assignments) CredentialsApart.Take(assignments.Tasks);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Private: it names images, environment and commands of every task.
        PrivateFile.Write(path, memory.ToByteArray());
    }
}
