// A peer to measure against: the same API on net/http as many would write it in Go. Jobs live in a map, so a restart loses them; one goroutine
// per image, of which a semaphore lets 256 fetch at once. Its settings are the best that were found for it: a connection pool as large as the
// semaphore, bodies read to their end so that connections are kept.
//
// usage: peer [-port N] [-delay-min 100ms] [-delay-max 400ms] [-fetches 256] [-stores FILE]
package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type visit struct {
	StoreID   string   `json:"store_id"`
	ImageURLs []string `json:"image_url"`
	VisitTime string   `json:"visit_time"`
}

type submission struct {
	Count  int     `json:"count"`
	Visits []visit `json:"visits"`
}

type storeError struct {
	StoreID string `json:"store_id"`
	Error   string `json:"error"`
}

type job struct {
	mu         sync.Mutex
	total      int
	done       int
	failed     int
	perimeters map[string]int // by URL
	errors     []storeError
}

type service struct {
	mu       sync.RWMutex
	jobs     map[int64]*job
	lastID   int64
	stores   map[string]bool
	client   *http.Client
	slots    chan struct{}
	delayMin time.Duration
	delayMax time.Duration
}

func (s *service) submit(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		fail(w, http.StatusMethodNotAllowed, "only POST is allowed here")
		return
	}
	var in submission
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if in.Count != len(in.Visits) || len(in.Visits) == 0 {
		fail(w, http.StatusBadRequest, "count is not the number of visits")
		return
	}
	j := &job{perimeters: map[string]int{}}
	for _, v := range in.Visits {
		j.total += len(v.ImageURLs)
	}
	id := atomic.AddInt64(&s.lastID, 1)
	s.mu.Lock()
	s.jobs[id] = j
	s.mu.Unlock()
	go s.run(j, in.Visits)
	answer(w, http.StatusCreated, map[string]int64{"job_id": id})
}

func (s *service) run(j *job, visits []visit) {
	for _, v := range visits {
		if !s.stores[v.StoreID] {
			j.mu.Lock()
			j.errors = append(j.errors, storeError{v.StoreID, "Store ID does not exist"})
			j.done += len(v.ImageURLs)
			j.failed += len(v.ImageURLs)
			j.mu.Unlock()
			continue
		}
		for _, url := range v.ImageURLs {
			go s.process(j, v.StoreID, url)
		}
	}
}

func (s *service) process(j *job, store, url string) {
	s.slots <- struct{}{}
	perimeter, err := s.measure(url)
	<-s.slots
	if err == nil && s.delayMax > 0 {
		time.Sleep(s.delayMin + time.Duration(rand.Int63n(int64(s.delayMax-s.delayMin)+1)))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done++
	if err != nil {
		j.failed++
		j.errors = append(j.errors, storeError{store, err.Error()})
		return
	}
	j.perimeters[url] = perimeter
}

func (s *service) measure(url string) (int, error) {
	response, err := s.client.Get(url)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", response.StatusCode)
	}
	config, _, err := image.DecodeConfig(response.Body)
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	return 2 * (config.Width + config.Height), nil
}

func (s *service) status(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.URL.Query().Get("jobid"), 10, 64)
	s.mu.RLock()
	j := s.jobs[id]
	s.mu.RUnlock()
	if err != nil || j == nil {
		fail(w, http.StatusBadRequest, "there is no such job")
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	state := "ongoing"
	if j.done == j.total {
		state = "completed"
		if j.failed > 0 {
			state = "failed"
		}
	}
	out := map[string]any{"status": state, "job_id": id, "images": map[string]int{"total": j.total, "done": j.done, "failed": j.failed}}
	if state == "failed" {
		out["error"] = j.errors
	}
	answer(w, http.StatusOK, out)
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, code int, sentence string) { answer(w, code, map[string]string{"error": sentence}) }

func readStores(name string) map[string]bool {
	file, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	stores := map[string]bool{}
	for _, row := range rows[1:] {
		stores[row[len(row)-1]] = true
	}
	return stores
}

func main() {
	port := flag.Int("port", 0, "where the API listens; 0 picks a free port")
	fetches := flag.Int("fetches", 256, "fetches at once")
	delayMin := flag.Duration("delay-min", 100*time.Millisecond, "shortest delay per image")
	delayMax := flag.Duration("delay-max", 400*time.Millisecond, "longest delay per image")
	stores := flag.String("stores", "data/StoreMasterAssignment.csv", "Store Master")
	flag.Parse()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = *fetches
	transport.MaxIdleConnsPerHost = *fetches
	s := &service{
		jobs:     map[int64]*job{},
		stores:   readStores(*stores),
		client:   &http.Client{Transport: transport, Timeout: 10 * time.Second},
		slots:    make(chan struct{}, *fetches),
		delayMin: *delayMin,
		delayMax: *delayMax,
	}
	http.HandleFunc("/api/submit", s.submit)
	http.HandleFunc("/api/status", s.status)
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, map[string]string{"status": "ok"}) })
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
