using BenchmarkDotNet.Running;

// For instance: dotnet run -c Release --project benchmarks/PaliGemma.Benchmarks -- --filter '*Product*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
