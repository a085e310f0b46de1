namespace PaliGemma.Checkpoints;

/// <summary>How far the download of one file is.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Received">Bytes that are here, those of an earlier attempt included.</param>
/// <param name="Size">Bytes of the whole file.</param>
/// <param name="Waiting">Whether another program is downloading the same file, and this one waits for it.</param>
public readonly record struct HubProgress(string File, long Received, long Size, bool Waiting = false);
