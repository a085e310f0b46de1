using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace PaliGemma.Checkpoints;

/// <summary>
/// The download of one file, beside its place with the ending <c>.incomplete</c>, and moved there once length and digest are right. What an
/// earlier attempt left is continued. The caller holds the file's lock.
/// </summary>
internal sealed class HubDownload : IDisposable
{
    private const int BufferBytes = 1 << 20;

    /// <summary>
    /// New bytes that earn the download its attempts again; with fewer, a server that sends a byte at a time could hold it for ever.
    /// </summary>
    private const int ProgressBytes = 1 << 20;

    private readonly HubConnection _connection;
    private readonly HubFile _file;
    private readonly HubRetry _retry;
    private readonly Func<HubResponse, HubException> _refusal;
    private readonly Action<long> _received;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private IncrementalHash _digest;
    private long _rewarded;

    /// <param name="connection">The connection.</param>
    /// <param name="file">The file.</param>
    /// <param name="retry">What a broken connection gets.</param>
    /// <param name="refusal">Explains an answer other than the file.</param>
    /// <param name="received">Is told how many bytes are here.</param>
    public HubDownload(
        HubConnection connection, HubFile file, HubRetry retry, Func<HubResponse, HubException> refusal, Action<long> received)
    {
        _connection = connection;
        _file = file;
        _retry = retry;
        _refusal = refusal;
        _received = received;
        _digest = file.Hash.Begin(file.Size);
    }

    /// <summary>The name under which an unfinished file is kept; huggingface_hub uses the same.</summary>
    public static string PartialPath(string target) => Staged(target).Path;

    /// <summary>Downloads the file to <paramref name="target"/>.</summary>
    /// <exception cref="HubException">The download fails; what has arrived is kept unless it is wrong.</exception>
    public async Task RunAsync(string target, CancellationToken cancellation)
    {
        StagedPath place = Staged(target);
        string path = place.Path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            await using FileStream partial =
                new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, useAsync: true);
            await ReceiveAsync(partial, cancellation).ConfigureAwait(false);
            // The name says that the content is verified, so the content must be on the disk before the name is.
            partial.Flush(flushToDisk: true);
        }
        catch (IOException error) when (DiskSpace.IsExhausted(error))
        {
            throw new HubException($"The disk is full: {_file.Name} needs {_file.Size:N0} bytes in {Path.GetDirectoryName(path)}.", error);
        }
        catch (Exception error) when (place.IsMeantBy(error))
        {
            throw new HubException(place.Failure(error).Message, error);
        }
        if (!_file.Hash.Matches(_digest))
        {
            File.Delete(path);
            throw new HubException($"{_file.Name} arrived damaged (its digest is not {_file.Hash.Text}) and was deleted; pull again.");
        }
        File.Move(path, target, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _digest.Dispose();

    private static StagedPath Staged(string target) => new(target, ".incomplete");

    private async Task ReceiveAsync(FileStream partial, CancellationToken cancellation)
    {
        if (partial.Length > _file.Size)
        {
            partial.SetLength(0);
        }
        while (partial.Position < partial.Length)
        {
            int read = await partial.ReadAsync(_buffer, cancellation).ConfigureAwait(false);
            _digest.AppendData(_buffer, 0, read);
        }
        _rewarded = partial.Position;
        _received(partial.Position);
        if (partial.Position == _file.Size)
        {
            return;
        }
        try
        {
            await _retry.RunAsync(() => ContinueAsync(partial, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (HubException error) when (error.IsTransient)
        {
            string state = $"{_file.Name} stopped at {partial.Position:N0} of {_file.Size:N0} bytes";
            throw new HubException($"{state}: {error.Message.TrimEnd('.')}; pull again to go on from there.", error);
        }
    }

    /// <summary>One request, for what is missing.</summary>
    /// <returns>The bytes that are here.</returns>
    private async Task<long> ContinueAsync(FileStream partial, CancellationToken cancellation)
    {
        using HubResponse response =
            await _connection.SendAsync(HttpMethod.Get, _file.Address, partial.Position, cancellation).ConfigureAwait(false);
        string server = response.Address.Authority;
        HttpContentHeaders headers = response.Message.Content.Headers;
        switch (response.Status)
        {
            case HttpStatusCode.OK when (headers.ContentLength ?? _file.Size) != _file.Size:
                // A page of some proxy; it must not become a part of the file.
                throw new HubException($"{server} sends {headers.ContentLength:N0} bytes for {_file.Name}.") { IsTransient = true };
            case HttpStatusCode.OK:
                Restart(partial); // The first request, or a server without ranges.
                break;
            case HttpStatusCode.PartialContent when headers.ContentRange?.From == partial.Position:
                break;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable when partial.Position > 0:
                Restart(partial);
                throw new HubException($"{server} does not continue {_file.Name} where it was interrupted.") { IsTransient = true };
            default:
                throw _refusal(response);
        }
        Stream body = await response.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        while (partial.Position < _file.Size)
        {
            Memory<byte> buffer = _buffer.AsMemory(0, (int)Math.Min(_buffer.Length, _file.Size - partial.Position));
            int read = await _connection.ReadAsync(response, body, buffer, cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                throw new HubException($"{server} ended the file too early.") { IsTransient = true };
            }
            await partial.WriteAsync(buffer[..read], cancellation).ConfigureAwait(false);
            _digest.AppendData(buffer.Span[..read]);
            _received(partial.Position);
            if (partial.Position - _rewarded >= ProgressBytes)
            {
                _rewarded = partial.Position;
                _retry.Progressed();
            }
        }
        return partial.Position;
    }

    private void Restart(FileStream partial)
    {
        if (partial.Position == 0)
        {
            return;
        }
        partial.SetLength(0);
        partial.Position = 0;
        _digest.Dispose();
        _digest = _file.Hash.Begin(_file.Size);
    }
}
