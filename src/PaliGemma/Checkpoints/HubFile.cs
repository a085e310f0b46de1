namespace PaliGemma.Checkpoints;

/// <summary>A file to download, and what its content must be.</summary>
/// <param name="Name">Its name in the repository.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Hash">Its digest.</param>
internal sealed record HubFile(string Name, Uri Address, long Size, HubHash Hash);
